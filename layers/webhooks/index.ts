export { deliver, type News, type Outcome } from "./deliver.ts";
export { signedHeaders } from "./sign.ts";
