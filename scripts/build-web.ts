import { buildPage, pageDist } from "../stacks/local/page/index.ts";

const { entry } = await buildPage(pageDist);
console.log(`the page is in ${pageDist}; it begins with ${entry}`);
