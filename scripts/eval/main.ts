import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { WhisperModel } from "../../layers/inference/index.ts";
import { demoModelId, type Precision, resolveModel } from "../../layers/models/index.ts";
import { loadTokenizer } from "../../layers/speech/index.ts";
import { evaluate, isExact, score } from "./evaluate.ts";
import { type EvalOptions, parseOptions, usage } from "./options.ts";
import { readSpeakers } from "./people.ts";
import type { Recogniser } from "./recognise.ts";
import { aimsTable, comparisonTable, detailTable, type SetResult } from "./report.ts";
import { type EvalSet, espeakSets, fliteSets, peopleSets, silentSets, strangerSets } from "./sets.ts";
import { howToInstallStrangers, readStranger, type Stranger, strangers } from "./strangers.ts";
import { howToInstall, isInstalled } from "./voices.ts";

type Variant = { name: string; precision: Precision } & Pick<Recogniser, "options" | "split">;

/** The first is what halfgig does unless told otherwise, and what the detailed table shows. */
const variants: readonly Variant[] = [
  { name: "int8, greedy", precision: "int8", options: { languageAlternatives: 1 } },
  { name: "int8, greedy, likeliest language only", precision: "int8" },
  { name: "fp32, greedy", precision: "fp32", options: { languageAlternatives: 1 } },
  { name: "int8, beam 5", precision: "int8", options: { languageAlternatives: 1, beamSize: 5 } },
  { name: "int8, cut at silence", precision: "int8", split: true, options: { languageAlternatives: 1 } },
];

const defaultFsdd = "../shared/data/fsdd";

async function main(options: EvalOptions): Promise<void> {
  const startedAt = performance.now();
  const directory = await mkdtemp(join(tmpdir(), "halfgig-eval-"));
  try {
    await using models = new AsyncDisposableStack();
    const id = options.checkpoint ? "candidate" : demoModelId;
    if (options.checkpoint) await cp(options.checkpoint, join(directory, id), { recursive: true });
    const chosen = options.quick ? variants.slice(0, 1) : variants;
    const recognisers = await Promise.all(chosen.map((variant) => load(variant, id, directory, models)));
    const results: SetResult[] = [];
    for (const set of await chooseSets(options)) {
      process.stderr.write(`${set.name} ${set.language}\n`);
      const judged = await evaluate(recognisers, set.items());
      results.push({ set, judged });
      showErrors(judged[0] ?? [], options.errors);
    }
    if (results.length === 0) throw new Error(`No set has "${options.only}" in its name.`);
    print(results);
    const seconds = (performance.now() - startedAt) / 1000;
    console.info(`\n${results.length} sets, ${chosen.length} recognisers, ${seconds.toFixed(0)} s.`);
    if (options.json) await writeFile(options.json, `${JSON.stringify(figures(results), null, 2)}\n`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function load(
  { precision, options, split }: Variant,
  id: string,
  directory: string,
  models: AsyncDisposableStack,
): Promise<Recogniser> {
  const built = await resolveModel({ id, modelsDirectory: directory, precision });
  const model = models.use(await WhisperModel.load({ directory: built.directory }));
  const tokenizer = await loadTokenizer(built.directory, model.manifest);
  return { model, tokenizer, ...(options && { options }), ...(split && { split }) };
}

async function chooseSets(options: EvalOptions): Promise<EvalSet[]> {
  const sets: EvalSet[] = [];
  for (const [program, make] of [
    ["espeak-ng", espeakSets],
    ["flite", fliteSets],
  ] as const) {
    if (await isInstalled(program)) sets.push(...make(options));
    else console.info(howToInstall(program));
  }
  const missing: Stranger[] = [];
  for (const stranger of strangers) {
    const speaker = await readStranger(stranger);
    if (speaker) sets.push(...strangerSets([speaker], options));
    else missing.push(stranger);
  }
  const advice = howToInstallStrangers(missing);
  if (advice) console.info(advice);
  if (options.people) sets.push(...peopleSets(await speakersIn(options.people), "never heard", options));
  const fsdd = options.fsdd ?? (existsSync(defaultFsdd) ? defaultFsdd : undefined);
  if (fsdd) sets.push(...peopleSets(await speakersIn(fsdd), "trained on", options));
  sets.push(...silentSets(options));
  return sets.filter(({ name }) => name.includes(options.only));
}

async function speakersIn(directory: string) {
  const speakers = await readSpeakers(directory);
  if (speakers.length > 0) return speakers;
  throw new Error(
    `${directory} holds nobody who says all ten digits. It needs files such as 7_lucas_12.wav, or one <speaker>.tar.xz each.`,
  );
}

function print(results: readonly SetResult[]): void {
  console.info(`\n${variants[0]!.name}; windows of 10 s, noise 15 to 40 dB below speech, language detected\n`);
  console.info(detailTable(results));
  console.info(
    "\nTimes: median (mean) error of where speech begins and ends. No-speech right: speech taken for speech, the rest for silence.",
  );
  if (results.some(({ set }) => set.voices === "trained on")) {
    console.info(
      "People it was trained on: other combinations of the very takes it was trained with. This says nothing about others.",
    );
  }
  console.info(`\nAims\n\n${aimsTable(results)}`);
  const judges = variants.slice(0, results[0]?.judged.length);
  console.info(
    `\nAll recognisers\n\n${comparisonTable(
      judges.map(({ name }) => name),
      results,
    )}`,
  );
}

function showErrors(judged: SetResult["judged"][number], count: number): void {
  for (const one of judged.filter((candidate) => !isExact(candidate)).slice(0, count)) {
    console.info(`    said   ${one.item.text}\n    heard ${one.heard.text} (${one.heard.language})`);
  }
}

function figures(results: readonly SetResult[]) {
  return results.flatMap(({ set, judged }) =>
    judged.map((one, i) => ({
      set: set.name,
      language: set.language,
      voices: set.voices,
      recogniser: variants[i]!.name,
      ...score(one),
    })),
  );
}

/** The table of the voice detector, which has a program of its own. */
function evaluateVoices(): void {
  const program = fileURLToPath(new URL("../eval-voice/main.ts", import.meta.url));
  if (spawnSync(process.execPath, [program], { stdio: "inherit" }).status !== 0) process.exitCode = 1;
}

/** The table of search, which has a program of its own, too. */
function evaluateSearch(): void {
  const program = fileURLToPath(new URL("../eval-search/main.ts", import.meta.url));
  if (spawnSync(process.execPath, [program], { stdio: "inherit" }).status !== 0) process.exitCode = 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) console.info(usage);
  else {
    await main(options);
    const isWhole = options.only === "" && !options.quick && !options.checkpoint;
    if (isWhole) evaluateVoices();
    if (isWhole) evaluateSearch();
  }
} catch (error) {
  console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  process.exitCode = 1;
}
