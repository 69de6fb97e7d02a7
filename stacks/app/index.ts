export * from "./buckets.ts";
export * from "./events.ts";
export * from "./functions.ts";
export * from "./recogniser.ts";
export * from "./routes.ts";
export * from "./voice.ts";
export * from "./tools.ts";
export * from "./workflow.ts";
