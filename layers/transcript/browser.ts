/** The face for browsers: renderers that need nothing but the language. `index.ts` reaches the logger, which needs Node. */
export { renderJson } from "./json.ts";
export { languageName, namesOfLanguages } from "./language-name.ts";
export { isPrinted, printedSegments } from "./printed.ts";
export { renderSrt } from "./srt.ts";
export { renderTxt } from "./txt.ts";
export { unrecognisedStretches } from "./unrecognised.ts";
export { renderVtt } from "./vtt.ts";
