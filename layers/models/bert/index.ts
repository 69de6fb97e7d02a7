export { type BertSizes, bertConfigFileNames, readBertConfig } from "./config.ts";
export { writeBert } from "./graph.ts";
