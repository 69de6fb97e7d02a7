import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchmarkSentence } from "../../layers/voice/index.ts";
import { figures, type Scored, suggestCalibration } from "./figures.ts";
import { type EvalVoiceOptions, parseOptions, usage } from "./options.ts";
import { aimTable, calibrationSentence, controlsTable, figuresTable, type Row, reliabilityTable } from "./report.ts";
import { controls, type Detector, openDetector, type Scorer } from "./scorers.ts";
import { chooseSets, type VoiceSet } from "./sets.ts";
import { type Condition, conditions, pairedTrials } from "./trials.ts";

const noCalibration = { kind: "none" } as const;

async function main(options: EvalVoiceOptions): Promise<void> {
  const startedAt = performance.now();
  const directory = await mkdtemp(join(tmpdir(), "halfgig-eval-voice-"));
  try {
    await using owned = new AsyncDisposableStack();
    const detector = await openDetector(options, directory, owned);
    const rows: Row[] = [];
    const control: Row[] = [];
    const all: Record<Condition, Scored[]> = { degraded: [], clean: [] };
    for (const set of await chooseSets(options)) {
      for (const condition of conditions) {
        process.stderr.write(`${set.name}, ${condition}\n`);
        for (const [scorer, scored] of await score(set, condition, detector, options)) {
          const calibration = scorer.control ? noCalibration : detector.card.calibration;
          const row = { set: set.name, condition, scorer: scorer.name, figures: figures(scored, calibration) };
          (scorer.control ? control : rows).push(row);
          if (!scorer.control) all[condition].push(...scored);
        }
      }
    }
    if (rows.length === 0) throw new Error("There is no set to judge: neither a synthesizer nor --synthetic.");
    for (const condition of conditions) {
      const together = figures(all[condition], detector.card.calibration);
      rows.push({ set: "all of them", condition, scorer: detector.scorer.name, figures: together });
    }
    print(
      detector,
      rows,
      control,
      conditions.flatMap((condition) => all[condition]),
    );
    console.info(
      `\n${rows.length - conditions.length} sets, ${((performance.now() - startedAt) / 1000).toFixed(0)} s.`,
    );
    if (options.json) await writeFile(options.json, `${JSON.stringify([...rows, ...control], null, 2)}\n`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What the detector and the controls say of every recording of a set; one recording is held at a time. */
async function score(
  set: VoiceSet,
  condition: Condition,
  { windowMs, scorer }: Detector,
  { count, seed }: EvalVoiceOptions,
): Promise<Map<Scorer, Scored[]>> {
  const scored = new Map<Scorer, Scored[]>([scorer, ...controls].map((one) => [one, []]));
  for await (const { pcm, spoof } of pairedTrials(await set.open(), {
    count,
    windowMs,
    condition,
    seed: `${set.name} ${seed}`,
  })) {
    for (const [one, list] of scored) list.push({ probability: await one.score(pcm), spoof });
  }
  return scored;
}

function print(
  { card, windowMs }: Detector,
  rows: readonly Row[],
  control: readonly Row[],
  all: readonly Scored[],
): void {
  console.info(`\n${card.id}; recordings of at most ${windowMs / 1000} s, half of them people, half synthetic\n`);
  console.info(figuresTable(rows));
  console.info(
    "\nminDCF, actDCF: cost of ASVspoof 5 (1 in 20 is spoofed, to miss it costs ten times as much). Cllr: bits, 1 says nothing.\n" +
      "degraded: level, noise and codec, the same for a human and a synthetic recording. clean: level alone; the recordings'\n" +
      "own past (LibriSpeech was once MP3) may tell there, so believe the degraded figures.",
  );
  console.info(`\nWhat the recordings give away without listening to the voice\n\n${controlsTable(control)}`);
  console.info(`\nReliability, all sets together\n\n${reliabilityTable(figures(all, card.calibration).reliability)}`);
  if (card.demo) console.info(`\nAim\n\n${aimTable(figures(all, card.calibration), rows)}`);
  console.info(`\n${calibrationSentence(suggestCalibration(all))}`);
  console.info(`\n${[benchmarkSentence(card), ...card.limits].join("\n")}`);
  if (card.demo)
    console.info("These figures are about old synthesizers. They are no claim about modern voice cloning.");
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.info(usage);
  else await main(options);
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}
