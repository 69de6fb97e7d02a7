import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { ffmpegPath } from "../../../layers/media/index.ts";
import { projectRoot } from "../../../stacks/local/project-root.ts";

const run = promisify(execFile);

export const sample = {
  english: join(projectRoot, "samples", "digits.mp4"),
  german: join(projectRoot, "samples", "digits.de.ogg"),
};

const ffmpeg = (...args: string[]) => run(ffmpegPath(), ["-nostdin", "-v", "error", "-y", ...args]);

/** The English sample over and over, as 16 kHz WAV: 15 s each time. */
export async function repeated(directory: string, times: number, name = `repeated-${times}.wav`): Promise<string> {
  const path = join(directory, name);
  await ffmpeg("-stream_loop", String(times - 1), "-i", sample.english, "-vn", "-ac", "1", "-ar", "16000", path);
  return path;
}

export async function silence(directory: string, seconds: number): Promise<string> {
  const path = join(directory, "silence.wav");
  await ffmpeg("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono", "-t", String(seconds), path);
  return path;
}

export async function videoWithoutSound(directory: string): Promise<string> {
  const path = join(directory, "mute.mp4");
  await ffmpeg("-f", "lavfi", "-i", "testsrc=size=160x90:rate=5:duration=2", "-pix_fmt", "yuv420p", path);
  return path;
}

export async function textNamedMp4(directory: string): Promise<string> {
  const path = join(directory, "notes.mp4");
  await writeFile(path, "Dear diary, this is not a film.\n".repeat(200));
  return path;
}

export async function emptyFile(directory: string): Promise<string> {
  const path = join(directory, "empty.mp3");
  await writeFile(path, "");
  return path;
}

/** Files one after the other, as 16 kHz WAV. */
export async function concatenated(directory: string, paths: readonly string[], name: string): Promise<string> {
  const path = join(directory, name);
  const inputs = paths.flatMap((input) => ["-i", input]);
  const streams = paths.map((_, i) => `[${i}:a]aresample=16000,aformat=channel_layouts=mono[a${i}];`).join("");
  const joined = `${paths.map((_, i) => `[a${i}]`).join("")}concat=n=${paths.length}:v=0:a=1`;
  await ffmpeg(...inputs, "-filter_complex", streams + joined, "-ar", "16000", path);
  return path;
}

/** Chords that change: sound in which nobody speaks. */
export async function music(directory: string, seconds: number): Promise<string> {
  const path = join(directory, "music.wav");
  const root = "(220*pow(2,mod(floor(t/0.4),5)/12))";
  const tone = (ratio: number) => `0.15*sin(2*PI*${ratio}*${root}*t)`;
  await ffmpeg("-f", "lavfi", "-i", `aevalsrc='${tone(1)}+${tone(1.25)}+${tone(1.5)}':s=16000:d=${seconds}`, path);
  return path;
}

/** The German sample in Matroska, with a track of subtitles from its second 1 to 3. */
export async function withSubtitles(directory: string, text: string): Promise<string> {
  const subtitles = join(directory, "embedded.srt");
  await writeFile(subtitles, `1\n00:00:01,000 --> 00:00:03,000\n${text}\n`);
  const path = join(directory, "subtitled.mkv");
  const tracks = ["-map", "0:a:0", "-map", "1:s:0", "-c:a", "copy", "-c:s", "srt", "-metadata:s:s:0", "language=ger"];
  await ffmpeg("-i", sample.german, "-i", subtitles, ...tracks, path);
  return path;
}
