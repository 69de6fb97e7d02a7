export { type AstDescription, type AstSizes, astConfigFileNames, readAstConfig } from "./config.ts";
export { writeAst } from "./graph.ts";
