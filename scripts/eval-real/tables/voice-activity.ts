import { join } from "node:path";
import { type Cell, percent, type Table } from "../table.ts";
import { type FrameScore, meanScore, snrsDb, voiceActivityTable } from "../voice-activity/index.ts";

export const voiceActivity: Table = {
  id: "voice-activity",
  title: "Voice activity",
  how: `Read speech whose frames of 10 ms are labelled, in noises made by the program (scripts/sounds) at ratios of the powers where there is speech:
F1 of the frames that are called speech, the mean of all noises; and what is called speech in sounds in which nobody speaks.`,

  async run({ recordings, python, tell }) {
    tell("halfgig and silero-vad");
    const result = await voiceActivityTable({ python, data: join(recordings.human, "..") });
    const noises = [...new Set(result.noisy.flatMap(({ noise }) => noise ?? []))];
    const scoresOf = (side: "ours" | "theirs", noise: string | undefined, snrDb: number): FrameScore[] =>
      result.noisy
        .filter((row) => row.snrDb === snrDb && (noise === undefined || row.noise === noise))
        .flatMap((row) => row[side] ?? []);
    const pair = (noise: string | undefined, snrDb: number): string => {
      const [ours, theirs] = (["ours", "theirs"] as const).map((side) => scoresOf(side, noise, snrDb));
      return [ours!, theirs!]
        .filter(({ length }) => length > 0)
        .map((scores) => percent(meanScore(scores).f1, 1))
        .join(" / ");
    };
    const peerName = result.peer ?? "";
    const head = result.peer ? `F1, halfgig / ${peerName}` : "F1, halfgig";
    const rows: Cell[][] = [undefined, ...noises].map((noise) => [
      noise ?? "**all noises**",
      ...snrsDb.map((snrDb) => pair(noise, snrDb)),
    ]);
    const clean = result.noisy.find(({ noise }) => noise === null);
    const sounds = result.nonSpeech.map(({ name, durationMs, oursMs, theirsMs }): Cell[] => [
      name,
      `${(durationMs / 1e3).toFixed(0)} s`,
      `${(oursMs / 1e3).toFixed(1)} s`,
      theirsMs === undefined ? "–" : `${(theirsMs / 1e3).toFixed(1)} s`,
    ]);
    return {
      grids: [
        { header: [head, ...snrsDb.map((snrDb) => `${snrDb} dB`)], rows },
        { header: ["called speech", "of", "halfgig", peerName || "silero-vad"], rows: sounds },
      ],
      notes: [
        `${(result.speechMs / 1e3).toFixed(0)} s of speech in ${(result.durationMs / 1e3).toFixed(0)} s. Without noise: ` +
          `${percent(clean?.ours.f1 ?? Number.NaN, 1)}${clean?.theirs ? ` / ${percent(clean.theirs.f1, 1)}` : ""}. ` +
          `CPU time: ${result.cpuSecondsPerHour.toFixed(1)} s for an hour of audio.`,
      ],
      figures: result,
    };
  },
};
