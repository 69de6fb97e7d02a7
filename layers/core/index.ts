export * from "./environment.ts";
export * from "./errors.ts";
export * from "./ids.ts";
export { log } from "./log.ts";
export * from "./settings.ts";
