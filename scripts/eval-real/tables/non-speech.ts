import { sampleRateHz } from "../../../layers/audio/index.ts";
import { Random } from "../../eval/random.ts";
import { atDecibels, mixedAt, nonSpeech } from "../../sounds/index.ts";
import { modes, printedSegments, printedText, transcribe } from "../pipeline.ts";
import { readAudio, utterances, withPauses } from "../recordings.ts";
import { align } from "../score/align.ts";
import { type Cell, type Context, type Grid, percent, type Table } from "../table.ts";

/** Of the default mode, which does not recognise windows without voice. */
const minutes = 10;
/** Of exact mode and of faster-whisper, which recognise all of it. */
const wholeMinutes = 1;
const quickMinutes = 0.5;
/** About a hundred seconds of speech under each sound. */
const spokenFiles = 9;
const snrDb = 10;
const peers: readonly (readonly [string, Record<string, unknown>])[] = [
  ["faster-whisper", {}],
  ["faster-whisper, vad_filter", { vad_filter: true }],
];

export const nonSpeechTable: Table = {
  id: "non-speech",
  title: "Where nobody speaks",
  how: `Ten kinds of sound without intelligible words, made by the program and always the same (scripts/sounds): lines that are printed, of
which every one is invented. ${minutes} minutes each in the default mode; the first ${wholeMinutes === 1 ? "minute" : `${wholeMinutes} minutes`} in exact mode and of faster-whisper. Then speech with the same sounds ${snrDb} dB below it: words of the reference that are kept as they are.
int8, greedy.`,

  async run(context) {
    const voices = await Promise.all(
      (await utterances(context.recordings)).slice(100, 160).map(({ path }) => readAudio(path)),
    );
    const [alone, below] = [await inventedLines(context, voices), await keptWords(context, voices)];
    return { grids: [alone.grid, below.grid], figures: { invented: alone.figures, kept: below.figures } };
  },
};

type Part = { grid: Grid; figures: unknown };

async function inventedLines({ recogniser, peer, quick, tell }: Context, voices: Float32Array[]): Promise<Part> {
  const samples = (quick ? quickMinutes : minutes) * 60 * sampleRateHz;
  const wholeSamples = (quick ? quickMinutes : wholeMinutes) * 60 * sampleRateHz;
  const names = ["tiny.en", "base"] as const;
  const header = ["printed lines", ...names.flatMap((name) => modes.map((mode) => `${name}, ${mode}`))];
  if (peer) header.push(...peers.map(([tool]) => `${tool}, tiny.en`));
  const rows: Cell[][] = [];
  const figures: { sound: string; tool: string; lines: readonly { text: string }[] }[] = [];
  for (const { name: sound, levelDb, make } of nonSpeech) {
    tell(sound);
    const pcm = atDecibels(make({ samples, random: new Random(sound), voices }), levelDb);
    const first = pcm.subarray(0, wholeSamples);
    // Both sides at once, a core each: no time is measured here.
    const theirs = (peer ? peers : []).map(([tool, more]) => ({
      tool: `${tool}, tiny.en`,
      result: peer!.transcribe(first, { model: "tiny.en", more }),
    }));
    const row: Cell[] = [sound];
    const add = (tool: string, lines: readonly { text: string }[]) => {
      row.push(lines.length);
      figures.push({ sound, tool, lines });
      if (lines.length > 0 && tool.startsWith("halfgig")) tell(`${tool}: ${JSON.stringify(lines)}`);
    };
    for (const name of names) {
      const model = await recogniser(name, "int8");
      for (const mode of modes) {
        const transcript = await transcribe(model, mode === "exact" ? first : pcm, { mode });
        add(`halfgig, ${name}, ${mode}`, printedSegments(transcript));
      }
    }
    for (const { tool, result } of theirs) {
      const { segments } = await result;
      add(tool, segments);
    }
    rows.push(row);
  }
  return { grid: { header, rows }, figures };
}

async function keptWords(
  { recordings, recogniser, normalise, peer, quick, tell }: Context,
  voices: Float32Array[],
): Promise<Part> {
  const spoken = (await utterances(recordings)).slice(0, quick ? 4 : spokenFiles);
  const clean = withPauses(await Promise.all(spoken.map(({ path }) => readAudio(path))), 0.8);
  const [reference = []] = await normalise.wordsOf([spoken.map(({ text }) => text).join(" ")]);
  const kept = async (text: string) => {
    const [heard = []] = await normalise.wordsOf([text]);
    return align(reference, heard).fates.filter((fate) => fate === "kept").length;
  };
  const tools = [...modes.map((mode) => `halfgig, ${mode}`), ...(peer ? peers.map(([tool]) => tool) : [])];
  const model = await recogniser("tiny.en", "int8");
  const rows: Cell[][] = [];
  const figures: { sound: string; kept: Record<string, number> }[] = [];
  for (const { name: sound, make } of nonSpeech) {
    tell(`speech and ${sound}`);
    const pcm = mixedAt(clean, make({ samples: clean.length, random: new Random(`below ${sound}`), voices }), snrDb);
    const theirs = (peer ? peers : []).map(([, more]) =>
      peer!.transcribe(pcm, { model: "tiny.en", language: "en", more }),
    );
    const counts: number[] = [];
    for (const mode of modes) counts.push(await kept(printedText(await transcribe(model, pcm, { mode }))));
    for (const result of theirs) counts.push(await kept((await result).segments.map(({ text }) => text).join("")));
    rows.push([sound, ...counts.map((count) => `${count} (${percent(count / reference.length, 1)})`)]);
    figures.push({ sound, kept: Object.fromEntries(tools.map((tool, i) => [tool, counts[i]!])) });
  }
  const header = [`words kept of ${reference.length}, tiny.en, ${snrDb} dB`, ...tools];
  return { grid: { header, rows }, figures };
}
