import { execFile } from "node:child_process";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ffmpegPath } from "../../layers/media/index.ts";
import { sample } from "../../test/e2e/support/media.ts";
import { openSite } from "../../test/support/site.ts";

const run = promisify(execFile);

/** What jobs are made of; all small but the one that is sent in parts. */
export type SoakFiles = { speech: string; long: string; srt: string; text: string; site: string; siteHost: string };

/** Writes the files and serves the speech at `/speech.ogg` of a site of its own. */
export async function openFiles(directory: string): Promise<SoakFiles & AsyncDisposable> {
  const speech = join(directory, "speech.ogg");
  const long = join(directory, "long.wav");
  const srt = join(directory, "given.srt");
  const text = join(directory, "notes.mp4");
  await copyFile(sample.german, speech);
  // More than one part of 5 MiB, and few seconds to recognise.
  const stereo = ["-ac", "2", "-ar", "96000", "-t", "16"];
  await run(ffmpegPath(), [
    "-nostdin",
    "-v",
    "error",
    "-y",
    "-stream_loop",
    "1",
    "-i",
    sample.english,
    "-vn",
    ...stereo,
    long,
  ]);
  await writeFile(srt, "1\n00:00:00,400 --> 00:00:01,900\neins zwei drei\n");
  await writeFile(text, "Dear diary, this is not a film.\n".repeat(200));
  const { host: siteHost, ...site } = await openSite(speech, "audio/ogg");
  return {
    ...{ speech, long, srt, text, siteHost, site: `http://${siteHost}` },
    [Symbol.asyncDispose]: site[Symbol.asyncDispose],
  };
}
