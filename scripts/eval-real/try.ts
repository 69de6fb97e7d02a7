/** Quick trials: one recording through the engine, without the system around it. `node scripts/eval-real/try.ts --help` */
import { parseArgs } from "node:util";
import type { Precision } from "../../layers/models/index.ts";
import { renderSrt } from "../../layers/transcript/index.ts";
import { findRealModels, howToGetRealModels, type RealModelName } from "../real-models/index.ts";
import { type Mode, openRecogniser, printedSegments, transcribe } from "./pipeline.ts";
import { readAudio } from "./recordings.ts";

const usage = `node scripts/eval-real/try.ts FILE... [options]: what the engine makes of recordings

  --model real-tiny.en|real-base   (default: real-tiny.en)
  --mode parallel|exact            (default: parallel)
  --precision int8|fp32            (default: int8)
  --language <code>  --words  --threads <n> (default: 1)
  --json    the whole transcript
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string", default: "real-tiny.en" },
    mode: { type: "string", default: "parallel" },
    precision: { type: "string", default: "int8" },
    language: { type: "string" },
    threads: { type: "string", default: "1" },
    words: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help || positionals.length === 0) {
  process.stdout.write(usage);
  process.exit(values.help ? 0 : 2);
}
const models = await findRealModels();
if (!models) throw new Error(`There are no real models here. With a network: ${howToGetRealModels}`);
const name = values.model.replace(/^(real|whisper)-/, "") as RealModelName;
await using recogniser = await openRecogniser(models, name, values.precision as Precision, {
  threads: Number(values.threads),
});
for (const file of positionals) {
  const pcm = await readAudio(file);
  const before = process.cpuUsage();
  const transcript = await transcribe(recogniser, pcm, {
    mode: values.mode as Mode,
    words: values.words,
    ...(values.language === undefined ? {} : { language: values.language }),
  });
  const { user, system } = process.cpuUsage(before);
  process.stderr.write(
    `${file}: ${(transcript.source.durationMs / 1e3).toFixed(1)} s, CPU ${((user + system) / 1e6).toFixed(1)} s\n`,
  );
  if (values.json) {
    process.stdout.write(`${JSON.stringify(transcript, null, 2)}\n`);
    continue;
  }
  for (const text of renderSrt(printedSegments(transcript))) process.stdout.write(text);
  const { language, ledger, warnings } = transcript;
  process.stdout.write(`language ${language?.code} ${JSON.stringify(language?.timeline)}\n`);
  for (const { kind, reason, startMs, endMs } of ledger.intervals) {
    process.stdout.write(
      `${(startMs / 1e3).toFixed(2)}–${(endMs / 1e3).toFixed(2)} ${kind}${reason ? ` (${reason})` : ""}\n`,
    );
  }
  for (const warning of warnings) process.stdout.write(`warning: ${warning}\n`);
}
