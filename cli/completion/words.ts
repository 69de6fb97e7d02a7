import { transcriptFormats } from "../../layers/storage/keys.ts";
import { commandPages, topicPages } from "../help/index.ts";
import { optionTable } from "../options.ts";

/** What is completed after a command: options, and words that are no options. */
export type Command = { name: string; options: string[]; words: string[] };

const optionsIn = (page: string) => [...new Set(page.match(/(?<![\w-])--[a-z][a-z0-9-]*/g) ?? [])].sort();

/** `halfgig <file…>`: the options that the command line itself knows. */
export const ownOptions = Object.keys(optionTable)
  .map((name) => `--${name}`)
  .sort();

const wordsOf: Readonly<Record<string, readonly string[]>> = {
  models: ["list", "pull", "build", "verify", "rm"],
  completion: ["bash", "zsh", "fish"],
};

/** Every command with a page of its own; its page names its options, which a test holds it to. */
export const commands: readonly Command[] = [
  ...Object.entries(commandPages).map(([name, page]) => ({
    name,
    options: [...optionsIn(page), "--help"],
    words: [...(wordsOf[name] ?? [])],
  })),
  { name: "help", options: [], words: [...Object.keys(commandPages), ...Object.keys(topicPages)] },
];

/** What can follow an option whose values are few. */
export const values: Readonly<Record<string, readonly string[]>> = {
  "--format": [...transcriptFormats, "all"],
  "--task": ["transcribe", "translate", "language"],
  "--tasks": ["transcribe", "translate", "language", "voice", "transcribe,voice"],
  "--mode": ["parallel", "exact"],
  "--captions": ["prefer", "require", "ignore"],
  "--asr-provider": ["local", "openai", "transcribe"],
  "--operating-point": ["recall", "balanced", "precision"],
  "--precision": ["int8", "fp32"],
  "--model": ["demo", "whisper-tiny", "whisper-base", "whisper-small"],
};

/** Options that are followed by a folder. */
export const folderOptions = ["--output", "--data", "--watch"];

export const shortOptions: Readonly<Record<string, string>> = { "-f": "--format", "-o": "--output" };

/** Options that take a value, of those that the command line itself knows. */
export const valued = new Set(
  Object.entries(optionTable).flatMap(([name, { type }]) => (type === "string" ? [`--${name}`] : [])),
);
