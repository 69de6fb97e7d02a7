import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { MediaError, type Settings } from "../../layers/core/index.ts";
import { ffmpegPath } from "../../layers/media/index.ts";
import { knownModels, listModels, verifyModel } from "../../layers/models/index.ts";
import { type Check, fail, lineOf, ok, warn } from "./check.ts";

const run = promisify(execFile);

/** What files come in; all of these are asked of an ffmpeg. */
const demuxers = ["mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mp3", "wav", "flac", "ogg", "aac", "mpegts"];
const decoders = ["aac", "opus", "vorbis", "mp3", "flac", "pcm_s16le"];

export async function checkFfmpeg(environment: Record<string, string | undefined>): Promise<Check[]> {
  const advice = "Run npm ci, which brings one along, or set FFMPEG_PATH to an ffmpeg.";
  try {
    const path = ffmpegPath(environment);
    const ask = async (what: string) => (await run(path, ["-hide_banner", what], { timeout: 20_000 })).stdout;
    const version = /^ffmpeg version (\S+)/.exec(await ask("-version"))?.[1] ?? "of unknown version";
    const [formats, codecs] = [await ask("-demuxers"), await ask("-decoders")];
    const lacks = [
      ...demuxers.filter((name) => !new RegExp(`^ D.*? ${name.replaceAll(",", "\\,")} `, "m").test(formats)),
      // A decoder of another name serves, too: libopus, mp3float.
      ...decoders.filter((name) => !new RegExp(`^ A\\S+ +(lib)?${name}(float|_fixed)? `, "m").test(codecs)),
    ];
    const found = `${version}, ${path}`;
    if (lacks.length === 0)
      return [ok("ffmpeg", found), ok("formats", `${demuxers.length} containers, ${decoders.length} codecs`)];
    return [
      ok("ffmpeg", found),
      warn("formats", `this ffmpeg lacks ${lacks.join(", ")}`, `Files of these kinds will be refused. ${advice}`),
    ];
  } catch (error) {
    return [fail("ffmpeg", lineOf(error), advice)];
  }
}

export async function checkYtDlp(path: string | undefined): Promise<Check> {
  try {
    const { stdout } = await run(path ?? "yt-dlp", ["--version"], { timeout: 20_000 });
    return ok("yt-dlp", stdout.trim());
  } catch {
    return warn(
      "yt-dlp",
      path ? `${path} does not run` : "not found",
      "Only links to video sites need it: pip install yt-dlp, or set YT_DLP_PATH.",
    );
  }
}

/** That the chosen model is here, or can come, and that every file of those that are here is what it should be. */
export async function checkModels(settings: Settings, modelsDirectory: string): Promise<Check[]> {
  const listed = await listModels(modelsDirectory);
  const checks: Check[] = [];
  for (const { id } of listed.filter(({ present, built }) => present || built.length > 0)) {
    try {
      const { soundFiles, problems } = await verifyModel({ name: id, modelsDirectory });
      const [first] = problems;
      checks.push(
        first === undefined
          ? ok(`model ${id}`, `${soundFiles} files verified`)
          : fail(
              `model ${id}`,
              `${first.path} ${first.problem}${problems.length > 1 ? `, and ${problems.length - 1} more` : ""}`,
              first.advice,
            ),
      );
    } catch (error) {
      checks.push(fail(`model ${id}`, lineOf(error), `halfgig models pull ${id} fetches it again.`));
    }
  }
  const chosen = settings.WHISPER_MODEL;
  if (chosen === "demo" || checks.some(({ name }) => name === `model ${chosen}`)) return checks;
  const offline = settings.HF_HUB_OFFLINE && settings.HALFGIG_MODEL_MIRROR === undefined;
  const known = knownModels.has(chosen);
  return [
    ...checks,
    offline
      ? fail(
          `model ${chosen}`,
          "not here, and HF_HUB_OFFLINE forbids to fetch it",
          `Copy it here, or use --model demo.`,
        )
      : warn(
          `model ${chosen}`,
          `not here yet${known ? "" : ", and not one that halfgig pins"}`,
          `halfgig models pull ${chosen} fetches it now; otherwise its first use does.`,
        ),
  ];
}

/** Settings are read first: a value that cannot be used stops everything else. */
export function settingsCheck(read: () => Settings): { check: Check; settings?: Settings } {
  try {
    return { settings: read(), check: ok("settings", "understood") };
  } catch (error) {
    if (!(error instanceof MediaError)) throw error;
    return { check: fail("settings", lineOf(error), "Correct or unset them; halfgig settings lists all.") };
  }
}
