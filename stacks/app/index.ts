export * from "./buckets.ts";
export * from "./functions.ts";
export * from "./routes.ts";
export * from "./workflow.ts";
