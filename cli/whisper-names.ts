import { languageCode } from "../layers/providers/language-names.ts";

/** Options of the reference's command line that are called otherwise here. */
const otherNames: Readonly<Record<string, string>> = {
  "output-format": "format",
  "output-dir": "output",
  "word-timestamps": "words",
};

/** The reference writes `--word_timestamps True`; here such an option is there or not. */
const switches = new Set([
  "words",
  "highlight-words",
  "keep-doubtful",
  "carry-initial-prompt",
  "condition-on-previous-text",
]);

/** Models by the names that the reference has for them. */
const shortModel = /^(tiny|base|small|medium)(\.en)?$|^large(-v[123])?$|^(large-v3-)?turbo$/;
const longNames: Readonly<Record<string, string>> = { large: "large-v3", turbo: "large-v3-turbo" };

/**
 * A command line as this program names things, from one with the names of the reference's own (openai/whisper, `whisper --help`): its
 * underscores, its truth values, its models and languages. What is already as it should be stays as it is.
 */
export function fromWhisperNames(argv: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? "";
    if (argument === "--") return [...out, ...argv.slice(i)];
    const match = /^--([a-zA-Z][\w-]*)(?:=(.*))?$/s.exec(argument);
    if (!match) {
      out.push(argument);
      continue;
    }
    const dashed = (match[1] ?? "").replaceAll("_", "-");
    const name = otherNames[dashed] ?? dashed;
    let value = match[2];
    const next = argv[i + 1];
    if (switches.has(name)) {
      if (value === undefined && next !== undefined && /^(true|false)$/i.test(next)) {
        value = next;
        i++;
      }
      out.push(...switched(name, value));
    } else if (name === "hallucination-silence-threshold") {
      if (value === undefined) i++;
      out.push("--hallucination-silence", milliseconds(value ?? next));
    } else if (name === "language" || name === "model") {
      if (value === undefined) i++;
      const text = value ?? next;
      out.push(`--${name}`, ...(text === undefined ? [] : [name === "model" ? modelName(text) : codeOf(text)]));
    } else {
      // A value that begins with a minus would be taken for an option.
      if (value === undefined && next !== undefined && /^-\d/.test(next)) {
        value = next;
        i++;
      }
      out.push(value === undefined ? `--${name}` : `--${name}=${value}`);
    }
  }
  return out;
}

function switched(name: string, value: string | undefined): string[] {
  const on = value === undefined || /^true$/i.test(value);
  if (!on && !/^false$/i.test(value ?? "")) return [`--${name}=${value}`];
  if (name === "condition-on-previous-text") return on ? [] : ["--no-condition-on-previous-text"];
  return on ? [`--${name}`] : [];
}

/** Seconds there, milliseconds here; what is no number is left for the option itself to refuse. */
const milliseconds = (text = "") => (/^\d+(\.\d+)?$/.test(text) ? String(Math.round(Number(text) * 1000)) : text);

function modelName(text: string): string {
  if (!shortModel.test(text)) return text;
  return `${/^(tiny|base|small)/.test(text) ? "" : "openai/"}whisper-${longNames[text] ?? text}`;
}

function codeOf(text: string): string {
  const code = /^[A-Za-z]{4,}/.test(text) ? languageCode(text) : "und";
  return code === "und" ? text : code;
}
