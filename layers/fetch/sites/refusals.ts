import { type ErrorCode, MediaError } from "../../core/index.ts";

const checkAddress = "Check the address.";

/** In this order: what is gone says so in many words, a bot wall asks for a login too, and what is private is often called unavailable. */
const reasons: readonly { code: ErrorCode; pattern: RegExp; advice: string }[] = [
  {
    code: "source.not_found",
    pattern: /has been (removed|terminated)|no longer available(?! (in|from) your)|(is not|isn.t) available anymore/i,
    advice: checkAddress,
  },
  {
    code: "source.blocked",
    pattern:
      /not a (ro)?bot|captcha|unusual traffic|HTTP Error (403|429|451)|Too Many Requests|rate.?limited|cloudflare|IP address is blocked|DRM[ -]protected|(in|from) (your|this) (country|location|region)|geo.?restrict|available in \w+( \w+)? only/i,
    advice: "The site does not let this machine in, and was not asked again. Download the file yourself and upload it.",
  },
  {
    code: "source.live",
    pattern:
      /live event will begin|premieres? (will begin )?(in \d|shortly)|is not (currently )?live\b|(is|currently) live\b|livestream|live (stream )?(recording|has (ended|already))|(stream|live|user|channel) is offline/i,
    advice: "Give the address again when there is a recording.",
  },
  {
    code: "source.private",
    pattern:
      /private|log ?in|sign in|members[- ]only|premium|registered users|account is needed|cookies .*needed|subscri|purchase|payment|password|authenticat|HTTP Error 40[12]|confirm your age|age.?restricted|--cookies/i,
    advice: "Download the file yourself and upload it, or let yt-dlp use your cookies (YT_DLP_COOKIES).",
  },
  {
    code: "source.not_found",
    pattern:
      /HTTP Error (404|410)|does(n't| not) exist|does the playlist exist|removed|deleted|unavailable|(?<!format is )not available\.$|not found|Name or service not known/i,
    advice: checkAddress,
  },
  {
    code: "source.not_media",
    pattern:
      /Unsupported URL|no video formats|no (video|audio|media)\b.* (found|in|on)\b|no (video|media) found|does(n't| not) (have|contain) (a |any )?(video|audio)|Requested format is not available|Unable to extract|is not a valid URL/i,
    advice: "Give the address of a page with a video or of a media file, and keep yt-dlp up to date.",
  },
  { code: "source.too_slow", pattern: /timed? ?out/i, advice: "Try again later." },
];

/** A complaint of yt-dlp as one of our errors. */
export function explainComplaint(stderr: string): MediaError {
  const said = lastError(stderr);
  const reason = reasons.find(({ pattern }) => pattern.test(said));
  const code = reason?.code ?? "source.unavailable";
  const advice = reason?.advice ?? "Try again later, bring yt-dlp up to date, or upload the file.";
  return new MediaError(code, `The site's page gave nothing: ${said} ${advice}`, { context: { by: "yt-dlp" } });
}

/** The last error in one line, without the request for a bug report and without anything that could pass for terminal control. */
function lastError(stderr: string): string {
  const lines = stderr.split(/[\r\n]+/).filter((line) => line.startsWith("ERROR:"));
  const text = (lines.at(-1) ?? "yt-dlp gave no reason.")
    .replace(/^ERROR: */, "")
    .replace(/[;.]? *(please report this issue|Confirm you are on the latest|See +https?:|Use --).*$/is, "")
    .replace(/\(caused by.*$/is, "")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replace(/[\x00-\x1f\x7f-\x9f]/g, " ")
    .trim()
    .slice(0, 300);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

const walls =
  /not a (ro)?bot\b|captcha|cf-chl|challenge-platform|just a moment\.\.\.|attention required! \| cloudflare|unusual traffic|verify (that )?you are (a )?human|checking your browser/i;

/** True for a page that asks its reader to prove to be a person. */
export function isBotWall(html: string): boolean {
  return walls.test(html.replace(/&#0?39;|&apos;|’/g, "'"));
}
