export { type CaptionChoice, chooseCaptions } from "./captions.ts";
export { isPlainFile, mediaHeaders, type SiteInfo, siteInfoSchema } from "./info.ts";
export { readJson3 } from "./json3.ts";
export { explainComplaint, isBotWall } from "./refusals.ts";
export { YtDlp, type YtDlpOptions } from "./yt-dlp.ts";
export { ytDlpPath } from "./yt-dlp-path.ts";
