export * from "./environment.ts";
export * from "./errors.ts";
export * from "./health.ts";
export * from "./ids.ts";
export { log } from "./log.ts";
export { metrics } from "./metrics.ts";
export * from "./settings.ts";
export * from "./version.ts";
export * from "./voice-names.ts";
