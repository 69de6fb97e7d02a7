export { buildPage, type PageBuild, pageDist } from "./build.ts";
export { contentSecurityPolicy, Page, type PageOptions } from "./serve.ts";
