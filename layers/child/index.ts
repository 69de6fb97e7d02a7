export * from "./confine.ts";
