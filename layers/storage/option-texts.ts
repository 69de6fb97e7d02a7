import { z } from "zod";
import { MediaError } from "../core/index.ts";
import { jobOptionFields } from "./job-options.ts";
import { type JobRequest, jobRequestSchema } from "./webhook.ts";

type Shape = { type?: string; items?: Shape; anyOf?: Shape[] };

const shapes = (z.toJSONSchema(z.object(jobOptionFields), { io: "input" }).properties ?? {}) as Record<string, Shape>;

/** Options by their names as they come from people and headers: `beamSize`, `beam-size`, `beam_size` and `beamsize` are one. */
const plain = (name: string) => name.toLowerCase().replaceAll(/[-_]/g, "");
const names = new Map(["webhook", ...Object.keys(jobOptionFields)].map((name) => [plain(name), name]));

/** The option that is meant; undefined where there is none of that name. */
export const optionNamed = (text: string): string | undefined => names.get(plain(text));

/**
 * Job options from texts: form fields, query parameters, object metadata. Numbers, flags (`true`, `1`, `on`, …) and lists (with commas, or
 * JSON) are read as the one schema of options wants them; a field `options` holds JSON, which the others override.
 * @throws MediaError `request.invalid` that names each option that is wrong
 */
export function optionsFromTexts(texts: Readonly<Record<string, string>>): JobRequest {
  const given: Record<string, unknown> = {};
  const { options, ...fields } = texts;
  if (options !== undefined) Object.assign(given, readObject(options));
  for (const [field, text] of Object.entries(fields)) {
    const name = optionNamed(field);
    if (name === undefined) throw invalid(`${JSON.stringify(field.slice(0, 64))} is no option`);
    given[name] = coerced(text, shapes[name]);
  }
  return readRequest(given);
}

/** @throws MediaError `request.invalid` that names each option that is wrong */
export function readRequest(given: unknown): JobRequest {
  const parsed = jobRequestSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw invalid(
    parsed.error.issues.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`).join("; "),
  );
}

function readObject(text: string): Record<string, unknown> {
  const value = jsonOf(text);
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw invalid("options is not a JSON object");
}

/** A text as the schema's type; what does not look like it is left for the schema to refuse. */
function coerced(text: string, shape: Shape | undefined): unknown {
  const kind = shape?.anyOf?.find(({ type }) => type !== "null") ?? shape;
  switch (kind?.type) {
    case "boolean": {
      const word = text.trim().toLowerCase();
      if (["1", "true", "yes", "on"].includes(word)) return true;
      return ["0", "false", "no", "off"].includes(word) ? false : text;
    }
    case "integer":
    case "number":
      if (text.trim() === "null") return null;
      return /^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$/.test(text) ? Number(text) : text;
    case "array":
      return listOf(text, kind.items);
    case "string":
      return text;
    default:
      return jsonOf(text) ?? text;
  }
}

function listOf(text: string, items: Shape | undefined): unknown {
  if (text.trimStart().startsWith("[")) return jsonOf(text) ?? text;
  return text.split(",").map((item) => coerced(item.trim(), items));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const invalid = (complaint: string) =>
  new MediaError("request.invalid", `The job's options cannot be used: ${complaint.slice(0, 1000)}.`);
