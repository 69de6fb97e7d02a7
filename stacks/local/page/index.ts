export { buildPage, type PageBuild, pageDist } from "./build.ts";
export { Page, type PageOptions } from "./serve.ts";
