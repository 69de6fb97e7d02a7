import { MediaError } from "../../../layers/core/index.ts";
import { languageCode } from "../../../layers/providers/index.ts";
import { type JobOptions, jobOptionsSchema } from "../../../layers/storage/index.ts";
import { readForm } from "../form.ts";
import type { HttpEvent } from "../http.ts";
import { largestRequestFileBytes } from "../media.ts";
import { wrong } from "./errors.ts";
import { requireModel } from "./models.ts";

export const responseFormats = ["json", "text", "srt", "vtt", "verbose_json"] as const;
export type ResponseFormat = (typeof responseFormats)[number];
export type Granularity = "word" | "segment";
export type Task = "transcribe" | "translate";

export type AudioRequest = {
  audio: Buffer;
  fileName: string;
  options: JobOptions;
  format: ResponseFormat;
  granularities: Granularity[];
  stream: boolean;
};

/** Whisper reads the last tokens of a longer prompt; so much text holds more than it can read. */
const longestPrompt = 2_000;

/**
 * Reads the form of `POST /v1/audio/transcriptions` or `/translations`. What this host cannot do is refused and not passed over.
 * https://platform.openai.com/docs/api-reference/audio/createTranscription
 * @throws MediaError `request.invalid` that names the parameter, `media.too_large`, `media.empty`
 */
export async function readAudioRequest(event: HttpEvent, task: Task): Promise<AudioRequest> {
  const chunks: Buffer[] = [];
  if (!/^multipart\/form-data\b/i.test(event.headers["content-type"] ?? "")) {
    throw wrong("file", "Send the request as multipart/form-data, with the audio as its file.");
  }
  const { fileName, fields, lists } = await readForm(event, largestRequestFileBytes, async ({ bytes }) => {
    for await (const chunk of bytes) chunks.push(chunk as Buffer);
  });
  for (const name of [...Object.keys(fields), ...Object.keys(lists)]) {
    if (!known[task].has(name))
      throw wrong(name.slice(0, 64), `${JSON.stringify(name.slice(0, 64))} is not supported here. Leave it out.`);
  }
  if (fields.model === undefined) throw wrong("model", "The model is missing: name one of GET /v1/models.");
  requireModel(fields.model);
  const format = choice("response_format", fields.response_format ?? "json", responseFormats);
  const given = lists["timestamp_granularities[]"] ?? fields.timestamp_granularities?.split(",") ?? [];
  const granularities = given.map((text) => choice("timestamp_granularities", text, ["word", "segment"] as const));
  if (granularities.length > 0 && format !== "verbose_json") {
    throw wrong("timestamp_granularities", "timestamp_granularities needs response_format=verbose_json.");
  }
  const chunking = fields.chunking_strategy ?? "auto";
  if (chunking !== "auto" && chunking !== "null")
    throw wrong(
      "chunking_strategy",
      'chunking_strategy: this host cuts at silence by itself; only "auto" is supported.',
    );
  const audio = Buffer.concat(chunks);
  if (audio.length === 0) throw new MediaError("media.empty", "The audio has no bytes. Send a file that has content.");
  return {
    ...{ audio, fileName, format },
    granularities: granularities.length > 0 ? granularities : ["segment"],
    stream: choice("stream", fields.stream ?? "false", ["true", "false"] as const) === "true",
    options: optionsOf(fields, task, granularities.includes("word")),
  };
}

const known: Record<Task, ReadonlySet<string>> = {
  translate: new Set(["model", "prompt", "response_format", "temperature"]),
  transcribe: new Set([
    ...["model", "prompt", "response_format", "temperature", "language", "stream", "chunking_strategy"],
    ...["timestamp_granularities[]", "timestamp_granularities"],
  ]),
};

function optionsOf(
  { language, prompt = "", temperature }: Record<string, string>,
  task: Task,
  words: boolean,
): JobOptions {
  return jobOptionsSchema.parse({
    ...{ task, words },
    ...(language ? { language: codeOf(language) } : {}),
    ...(prompt.trim() === "" ? {} : { initialPrompt: prompt.slice(-longestPrompt) }),
    ...temperaturesOf(temperature),
  });
}

function codeOf(language: string): string {
  const code = languageCode(language.slice(0, 64));
  if (code !== "und") return code;
  throw wrong("language", `language: ${JSON.stringify(language.slice(0, 64))} is no language code such as en.`);
}

/** Zero lets the model raise it by itself where the text is doubtful, as it does by default. */
function temperaturesOf(text = "0"): Pick<JobOptions, "temperatures"> {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!(value >= 0 && value <= 1)) throw wrong("temperature", "temperature is a number from 0 to 1.");
  return value === 0 ? {} : { temperatures: [value] };
}

function choice<T extends string>(param: string, text: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  throw wrong(param, `${param}: ${JSON.stringify(text.slice(0, 64))} is not supported; choose ${choices.join(", ")}.`);
}
