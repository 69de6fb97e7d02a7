import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bytesFromPcm, sampleRateHz } from "../../../layers/audio/index.ts";
import { allocatorOf } from "../../../layers/inference/index.ts";
import { mean } from "../../eval/score.ts";
import type { RealModelName } from "../../real-models/index.ts";
import { readAudio, utterances } from "../recordings.ts";
import type { EngineRun } from "../speed-child.ts";
import type { Cell, Context, Table } from "../table.ts";

const spokenFiles = 38;
const rounds = 2;
const program = join(import.meta.dirname, "..", "speed-child.ts");

export const speedTable: Table = {
  id: "speed",
  title: "The engine's time and memory",
  how: `${spokenFiles} utterances, one thread, greedy, int8, a process for each figure, both sides in turns; means of ${rounds} rounds. CPU time is
user and system time of recognition, without the loading of the model; voice activity and cutting, which faster-whisper does not do
here, are beside it. Memory is the process' largest resident size.`,
  measuresTime: true,

  async run(context) {
    const chosen = (await utterances(context.recordings)).slice(0, spokenFiles);
    const clips = await Promise.all(chosen.map(({ path }) => readAudio(path)));
    const folder = join(context.directory, "speed");
    await mkdir(folder, { recursive: true });
    for (const [i, clip] of clips.entries()) {
      await writeFile(join(folder, `${String(i).padStart(3, "0")}.pcm`), bytesFromPcm(clip));
    }
    const audioSeconds = clips.reduce((sum, { length }) => sum + length, 0) / sampleRateHz;
    const rows: Cell[][] = [];
    const figures: Record<string, unknown> = { audioSeconds };
    for (const name of ["tiny.en", "base"] as const) {
      const { ours, theirs } = await inTurns(context, name, { folder, clips });
      const [cpu, split, memory] = [
        mean(ours.map(({ cpuSeconds }) => cpuSeconds)),
        mean(ours.map(({ splitCpuSeconds }) => splitCpuSeconds)),
        mean(ours.map(({ peakRssMiB }) => peakRssMiB)),
      ];
      const peerCpu = mean(theirs.map(({ cpuSeconds }) => cpuSeconds));
      const peerMemory = mean(theirs.map(({ peakRssMiB }) => peakRssMiB));
      const beside =
        theirs.length === 0
          ? ["–", "–", "–"]
          : [peerCpu.toFixed(1), `${(peerCpu / cpu).toFixed(2)} ×`, peerMemory.toFixed(0)];
      rows.push([name, cpu.toFixed(1), split.toFixed(1), beside[0]!, beside[1]!, memory.toFixed(0), beside[2]!]);
      figures[name] = { ours, theirs, ratio: peerCpu / cpu };
    }
    return {
      grids: [
        {
          header: [
            "",
            "halfgig, CPU s",
            "its voice activity, CPU s",
            "faster-whisper, CPU s",
            "ratio",
            "halfgig, MiB",
            "faster-whisper, MiB",
          ],
          rows,
        },
      ],
      notes: [`${audioSeconds.toFixed(0)} s of audio.`],
      figures,
    };
  },
};

async function inTurns(
  { peer, quick, tell }: Context,
  name: RealModelName,
  { folder, clips }: { folder: string; clips: readonly Float32Array[] },
) {
  const ours: EngineRun[] = [];
  const theirs: { cpuSeconds: number; peakRssMiB: number }[] = [];
  // What infer runs with in 512 MB, see stacks/app.
  const env = { ...process.env, ...allocatorOf(512), NODE_OPTIONS: "--max-semi-space-size=1" };
  for (let round = 1; round <= (quick ? 1 : rounds); round++) {
    tell(`${name}, round ${round}`);
    const { stdout } = await promisify(execFile)(process.execPath, [program, name, folder], { env });
    ours.push(JSON.parse(stdout.trim().split("\n").at(-1)!) as EngineRun);
    if (!peer) continue;
    await using own = peer.fresh();
    const sum = { cpuSeconds: 0, peakRssMiB: 0 };
    for (const clip of clips) {
      const { cpuSeconds, peakRssMiB } = await own.transcribe(clip, { model: name, threads: 1, language: "en" });
      sum.cpuSeconds += cpuSeconds;
      sum.peakRssMiB = peakRssMiB;
    }
    theirs.push(sum);
    tell(`halfgig ${JSON.stringify(ours.at(-1))}, faster-whisper ${JSON.stringify(sum)}`);
  }
  return { ours, theirs };
}
