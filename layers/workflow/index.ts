export * from "./failure.ts";
export * from "./map-results.ts";
export * from "./payloads.ts";
export * from "./start.ts";
export * from "./work-plan.ts";
