export { deliver, type News, type Outcome } from "./deliver.ts";
export { newsId, newsOf, toldSoFar } from "./news.ts";
export { signedHeaders } from "./sign.ts";
