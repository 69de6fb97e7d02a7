export { s3 } from "./client.ts";
export * from "./jobs.ts";
export * from "./jsonl.ts";
export * from "./keys.ts";
export * from "./object-writer.ts";
export * from "./objects.ts";
export * from "./presign.ts";
export * from "./source.ts";
