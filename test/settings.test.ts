import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type SettingName, settingSchemas } from "../layers/core/settings.ts";
import { projectRoot } from "../stacks/local/project-root.ts";

/** A file, and part of the name of the test in it that fails where the setting has no effect. */
type Shown = readonly [file: string, title: string];

const http = "layers/models/hub/http-source.test.ts";
const infra = "test/infra/aws.test.ts";
const fetchTest = "functions/workflow/fetch.test.ts";
const probe = "functions/workflow/probe.test.ts";
const fit = "test/e2e/fit.test.ts";
const switches: Shown = ["test/e2e/switches.test.ts", "%s=1"];
const bundled = "stacks/local/bundled-settings.test.ts";
const limits = "test/security/limits.test.ts";
const onAws: Shown = [infra, "change with the settings"];
const streams: Shown = ["test/e2e/streams.test.ts", "comes as it is written"];
const tokens: Shown = ["layers/access/jwt.test.ts", "says whose it is and what it may do"];

/** A setting without a row does not compile, and fails the test below. */
const shownBy: Record<SettingName, Shown> = {
  MEMORY_MODE: ["test/e2e/lite.test.ts", "MEMORY_MODE=lite"],
  DISABLE_WHISPER: switches,
  SKIP_AI_MODELS: switches,
  DISABLE_LANGUAGE_DETECTION: switches,
  DISABLE_ASR_FALLBACK: switches,
  USE_INT8_QUANTIZATION: [fit, "is refused before anything is downloaded or decoded"],
  WHISPER_MODEL: ["test/e2e/search.test.ts", "searches, asks and reindexes what was transcribed"],
  WHISPER_MODEL_PATH: [fit, "is refused before anything is downloaded or decoded"],
  MAX_VIDEO_SIZE_MB: [probe, "%s"],
  MAX_DURATION_MINUTES: [probe, "%s"],
  MAX_HEIGHT: ["functions/workflow/fetch-height.test.ts", "MAX_HEIGHT is the tallest that is fetched"],
  DOWNLOAD_TIMEOUT_SECONDS: [fetchTest, "DOWNLOAD_TIMEOUT_SECONDS"],
  EMBEDDING_BATCH_SIZE: [bundled, "EMBEDDING_BATCH_SIZE"],
  PINECONE_API_KEY: [bundled, "PINECONE_API_KEY and PINECONE_INDEX"],
  PINECONE_INDEX: [bundled, "PINECONE_API_KEY and PINECONE_INDEX"],
  MAX_CONCURRENCY: ["test/e2e/files.test.ts", "four at once with two windows in flight"],
  ASR_PROVIDER: ["test/e2e/provider.test.ts", "has every window recognised by the service"],
  OPENAI_API_KEY: ["test/e2e/provider.test.ts", "has every window recognised by the service"],
  OPENAI_BASE_URL: ["test/e2e/provider.test.ts", "has every window recognised by the service"],
  OPENAI_TRANSCRIPTION_MODEL: ["layers/providers/amazon-transcribe.test.ts", "asks for a key where the service does"],
  VOICE_MODEL: ["test/e2e/voice.test.ts", "judges beside the transcript"],
  HF_ENDPOINT: ["test/e2e/models.test.ts", "pulls a model from a hub"],
  HF_TOKEN: ["test/e2e/models.test.ts", "and sends the token along"],
  HF_HUB_OFFLINE: ["layers/models/pull.test.ts", "has nowhere to fetch %s from"],
  HALFGIG_MODEL_MIRROR: [http, "refuses to send a token unencrypted"],
  SEARCH_INDEX: [bundled, "PINECONE_API_KEY and PINECONE_INDEX"],
  S3VECTORS_BUCKET: ["test/infra/page-and-search.test.ts", "a search index that functions cannot share"],
  EMBEDDING_MODEL: ["test/e2e/packed.test.ts", "needs no layer for search by spelling"],
  ANSWER_PROVIDER: streams,
  ANSWER_MODEL: streams,
  MAX_URL_SIZE_MB: [fetchTest, "leaves nothing behind where the file is too large"],
  PLAYLIST_LIMIT: ["test/e2e/url.test.ts", "PLAYLIST_LIMIT bounds lists"],
  FETCH_ALLOW_HOSTS: [fetchTest, "stores it as the job's upload"],
  YT_DLP_PATH: [fetchTest, "finds none of the programs"],
  YT_DLP_COOKIES: [fetchTest, "gives yt-dlp a closed environment, a copy of the cookies"],
  HALFGIG_INFER_MEMORY: ["test/e2e/limits.test.ts", "kills the function as Lambda does"],
  HALFGIG_ADDRESS: ["test/image/image.image.ts", "the image's files"],
  HALFGIG_BUNDLE_CACHE: ["test/e2e/lite-first.test.ts", "at a first start too"],
  HALFGIG_PUBLIC_URL: ["stacks/local/public-address.test.ts", "names itself in replies"],
  TENANT_MAX_JOBS: [limits, "a tenant has so many jobs in flight"],
  TENANT_MINUTES_PER_DAY: [limits, "a tenant has so many minutes a day"],
  TENANT_REQUESTS_PER_SECOND: [limits, "a tenant asks so often"],
  AUTH_ISSUER: tokens,
  AUTH_AUDIENCE: tokens,
  AUTH_TENANT_CLAIM: tokens,
  AUTH_SCOPE_CLAIM: tokens,
  UPLOAD_URL_SECONDS: ["test/hostile/s3-uploads.test.ts", "has expired when its time is over"],
  HALFGIG_ARCHITECTURE: onAws,
  HALFGIG_RESERVE_CONCURRENCY: onAws,
  HALFGIG_TRACING: onAws,
  HALFGIG_PAGE: [infra, "puts the API under the page's address, or leaves the page out"],
  HALFGIG_PAGE_ORIGINS: [infra, "is closed, encrypted, cleaned up, and open to the page's origin alone"],
  HALFGIG_ALARM_EMAIL: [infra, "watches every function"],
  HALFGIG_LOG_DAYS: [infra, "watches every function"],
  FFMPEG_PATH: ["test/hostile/decoder.test.ts", "gets a forced demuxer"],
};

/** Their tests hand the value to the part that it changes, which does not know the variable's name. */
const handedOver: readonly SettingName[] = [
  ...(["HALFGIG_ADDRESS", "HALFGIG_PUBLIC_URL"] as const),
  ...(["AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_TENANT_CLAIM", "AUTH_SCOPE_CLAIM"] as const),
];

/** A test file without its comments, in which a name would prove nothing. */
async function codeOf(file: string): Promise<string> {
  const text = await readFile(join(projectRoot, file), "utf8");
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
}

describe("every setting has a test that shows its effect", () => {
  it("and every row is a setting's", () => {
    expect(Object.keys(shownBy).sort()).toEqual(Object.keys(settingSchemas).sort());
  });

  it.each(Object.entries(shownBy) as [SettingName, Shown][])("%s: %s", async (setting, [file, title]) => {
    const code = await codeOf(file);
    const at = code.indexOf(title);
    expect(at, `${file} has no test ${JSON.stringify(title)}`).toBeGreaterThanOrEqual(0);
    // It runs, and is not switched off or narrowed to another.
    expect(code).not.toMatch(/\b(it|test|describe)\.(skip|only|todo|fails)\b/);
    if (!handedOver.includes(setting)) expect(code).toMatch(new RegExp(`\\b${setting}\\b`));
  });
});
