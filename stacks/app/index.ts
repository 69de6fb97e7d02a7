export * from "./buckets.ts";
export * from "./functions.ts";
export * from "./recogniser.ts";
export * from "./routes.ts";
export * from "./workflow.ts";
