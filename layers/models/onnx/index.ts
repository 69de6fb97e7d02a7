export { ExternalDataWriter } from "./external-data.ts";
export { GraphBuilder, microsoft } from "./graph-builder.ts";
export { WeightStore } from "./weight-store.ts";
