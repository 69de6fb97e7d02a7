export * from "./audit.ts";
export * from "./licences.ts";
export * from "./packages.ts";
export * from "./sbom.ts";
export * from "./secrets.ts";
