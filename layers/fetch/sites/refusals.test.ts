import { existsSync, readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ErrorCode } from "../../core/index.ts";
import { explainComplaint } from "./refusals.ts";

/** What yt-dlp's own code says, word for word; `{}` stands for what it fills in. */
const own: readonly (readonly [ErrorCode, readonly string[]])[] = [
  [
    "source.private",
    [
      "This video is only available for registered users",
      "Login details are needed to download this content",
      "This video requires login",
      "You need to log in to access this content",
      "An account is needed to access this media",
      "This video is private",
      "This video is only available for subscribers",
      "This video is only available for registered users with the appropriate subscription",
      "This video is for premium members only",
      "This video is only available to premium users",
      "This video is only available for premium users",
      "This video is protected by a password, use the --video-password option",
      "Password protected video, use --video-password <password>",
      "Wrong video password",
      "Cookies (not necessarily logged in) are needed",
      "Requested content is not available, rate-limit reached or login required",
    ],
  ],
  [
    "source.blocked",
    [
      "This video is not available from your location due to geo restriction",
      "This video is not available in your country.",
      "Track unavailable in your country due to licensing restrictions",
      "This video is either unavailable in your region or is DRM protected",
      "This song is blocked in this region",
      "This video is available in Taiwan only",
      "This video is DRM protected",
      "Premium content is DRM protected.",
      "You are rate-limited. Try again later.",
      "The uploader has not made this video available in your country.",
    ],
  ],
  [
    "source.live",
    [
      "The channel is not currently live",
      "Streamer is not live",
      "Stream is offline",
      "Live stream is offline",
      "This user is offline",
      "Livestream has ended.",
      "This live has ended.",
      "This live stream has already finished.",
    ],
  ],
  [
    "source.not_found",
    [
      "This video is unavailable",
      "This video is no longer available.",
      "The video is no longer available",
      "This video not found or not available anymore",
      "This content is currently unavailable",
      "The channel/playlist does not exist and the URL redirected to youtube.com home page",
      "Failed to resolve url (does the playlist exist?)",
      "Twitter Space not found",
      "video not found",
    ],
  ],
  [
    "source.not_media",
    [
      "Unsupported URL: {}",
      "No video formats found!",
      "No video found",
      "No media found",
      "There are no video in this page.",
      "This article does not have a video.",
      "No video could be found in this tweet",
      "No video/audio found at provided URL.",
      "The URL does not contain audio.",
      "Requested format is not available",
    ],
  ],
];

/** What YouTube says, which yt-dlp passes on, and what yt-dlp says of a reply: `{}` and the rest as it prints them. */
const passedOn: readonly (readonly [ErrorCode, string])[] = [
  [
    "source.blocked",
    "[youtube] abc: Sign in to confirm you’re not a bot. This helps protect our community. Learn more",
  ],
  [
    "source.blocked",
    "[youtube] abc: Sign in to confirm you're not a bot. Use --cookies-from-browser or --cookies for the authentication. See  https://github.com/yt-dlp/yt-dlp/wiki/FAQ#how-do-i-pass-cookies-to-yt-dlp  for how to manually pass cookies.",
  ],
  [
    "source.blocked",
    "[youtube] abc: Video unavailable. The uploader has not made this video available in your country",
  ],
  [
    "source.blocked",
    "[youtube] abc: Video unavailable. This video contains content from SME, who has blocked it in your country on copyright grounds",
  ],
  [
    "source.blocked",
    "[youtube] abc: Unable to download API page: HTTP Error 429: Too Many Requests (caused by <HTTPError 429: 'Too Many Requests'>)",
  ],
  ["source.blocked", "unable to download video data: HTTP Error 403: Forbidden"],
  [
    "source.blocked",
    "[youtube] abc: Video unavailable. This content isn't available, try again later. The current session has been rate-limited by YouTube for up to an hour. It is recommended to use `-t sleep` to add a delay between video requests",
  ],
  [
    "source.blocked",
    "[generic] Got HTTP Error 403 caused by Cloudflare anti-bot challenge; try again with  --extractor",
  ],
  [
    "source.private",
    "[youtube] abc: Private video. Sign in if you've been granted access to this video. Use --cookies-from-browser",
  ],
  [
    "source.private",
    "[youtube] abc: Sign in to confirm your age. This video may be inappropriate for some users. Use --cookies",
  ],
  [
    "source.private",
    "[youtube] abc: This video is age-restricted and only available on YouTube. Learn more. Watch on YouTube",
  ],
  [
    "source.private",
    "[youtube] abc: Join this channel to get access to members-only content like this video, and other exclusive perks.",
  ],
  [
    "source.private",
    "[youtube] abc: This video is available to this channel's members on level: Friends (or any higher level). Join this channel to get access to members-only content and other exclusive perks.",
  ],
  ["source.private", "[youtube] abc: This video is only available to Music Premium members"],
  ["source.private", "[youtube] abc: This video requires payment to watch."],
  ["source.not_found", "[youtube] abc: Video unavailable"],
  ["source.not_found", "[youtube] abc: Video unavailable. This video has been removed by the uploader"],
  [
    "source.not_found",
    "[youtube] abc: This video has been removed for violating YouTube's policy on hate speech. Learn more about combating hate speech in your country.",
  ],
  [
    "source.not_found",
    "[youtube] abc: Video unavailable. This video is no longer available because the YouTube account associated with this video has been terminated.",
  ],
  [
    "source.not_found",
    "[youtube] abc: This video is no longer available due to a copyright claim by Private Label Records",
  ],
  ["source.not_found", "[youtube] abc: Video unavailable. This video is not available"],
  ["source.not_found", "[youtube] abc: This video isn't available anymore"],
  ["source.live", "[youtube] abc: This live event will begin in 3 hours."],
  ["source.live", "[youtube] abc: This live event will begin in a few moments."],
  ["source.live", "[youtube] abc: Premieres in 26 minutes"],
  ["source.live", "[youtube] abc: Premiere will begin shortly"],
  ["source.live", "[youtube] abc: This live stream recording is not available."],
  ["source.live", "[twitch:stream] nobody: The channel is not currently live"],
  ["source.not_found", "[generic] Unable to download webpage: HTTP Error 404: Not Found (caused by <HTTPError 404>)"],
  ["source.not_found", "[generic] Unable to download webpage: HTTP Error 410: Gone"],
  ["source.too_slow", "[generic] Unable to download webpage: The read operation timed out"],
  ["source.unavailable", "[generic] Unable to download webpage: HTTP Error 500: Internal Server Error"],
];

const explained = (text: string) =>
  explainComplaint(`WARNING: [youtube] Falling back to generic n function search\nERROR: ${text}\n`);

describe("a refusal that yt-dlp passes on", () => {
  it.each(passedOn)("%s: %s", (code, text) => expect(explained(text).code).toBe(code));

  it("is told without the request for a report", () => {
    const { message } = explained(
      "[x] abc: Odd; please report this issue on  https://github.com/yt-dlp/yt-dlp/issues , filling out the template",
    );
    expect(message).not.toContain("report");
  });
});

describe("a refusal of yt-dlp's own", () => {
  const rows = own.flatMap(([code, texts]) => texts.map((text) => [code, text] as const));
  it.each(rows)("%s: %s", (code, text) => {
    expect(explained(`[site] abc: ${text.replace("{}", "https://example.org/x")}`).code).toBe(code);
  });

  const installed = "/usr/lib/python3/dist-packages/yt_dlp";
  // Another version words some of them in another way.
  const known = "2023.03.04";
  const version = join(installed, "version.py");
  const present = existsSync(version) && readFileSync(version, "utf8").includes(known);
  it.skipIf(!present)(
    `${present ? "" : `(yt-dlp ${known} is not installed) `}is in its sources, word for word`,
    async () => {
      const sources: string[] = [];
      for (const file of await readdir(installed, { recursive: true })) {
        if (file.endsWith(".py")) sources.push(await readFile(join(installed, file), "utf8"));
      }
      const all = sources.join("\n");
      const said = (text: string) => text.split("{}").every((part) => all.includes(part));
      const missing = rows.map(([, text]) => text).filter((text) => !said(text));
      expect(missing).toEqual([]);
    },
  );
});
