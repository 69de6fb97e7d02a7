import { formatTimestamp } from "../layers/transcript/index.ts";
import { printable } from "./terminal.ts";

export type FoundPassage = {
  jobId: string;
  fileName: string;
  startMs: number;
  endMs: number;
  language: string;
  text: string;
  snippet: { text: string; offset: number; highlights: { start: number; end: number }[] };
  media: string;
  score: number;
};
export type FoundPassages = {
  passages: FoundPassage[];
  embedding: { id: string; lexical: boolean };
  next: number | null;
};
export type GivenAnswer = {
  text: string;
  by: "extract" | "model";
  model: string | null;
  notes: string[];
  citations: { number: number; jobId: string; fileName: string; startMs: number; endMs: number; text: string }[];
};

const bold = (text: string) => `\u001b[1m${text}\u001b[22m`;
const time = (ms: number) => formatTimestamp(ms, ".");

/** One passage per paragraph: file and time, then the words, with what was found in bold on a terminal. */
export function passagesText({ passages, embedding }: FoundPassages, { colour }: { colour: boolean }): string {
  if (passages.length === 0) return "Nothing was found.\n";
  const paragraphs = passages.map(({ fileName, jobId, startMs, endMs, text, snippet }) => {
    const before = snippet.offset > 0 ? "… " : "";
    const after = snippet.offset + snippet.text.length < text.length ? " …" : "";
    const where = `${printable(fileName)}  ${time(startMs)} – ${time(endMs)}  ${jobId}`;
    return `${where}\n  ${before}${marked(snippet, colour)}${after}\n`;
  });
  const note = embedding.lexical
    ? "\nCompared by spelling; `halfgig models pull all-MiniLM-L6-v2` and `halfgig reindex` compare by meaning.\n"
    : "";
  return `${paragraphs.join("\n")}${note}`;
}

/** The answer, what is to be said about it, and where to listen. */
export function answerText({ text, notes, citations }: GivenAnswer): string {
  const lines = citations.map(
    ({ number, fileName, startMs, endMs, jobId }) =>
      `[${number}] ${printable(fileName)}  ${time(startMs)} – ${time(endMs)}  ${jobId}`,
  );
  return [text === "" ? [] : [printable(text), ""], lines.length > 0 ? [...lines, ""] : [], notes.map(printable)]
    .flat()
    .join("\n")
    .trimEnd()
    .concat("\n");
}

function marked({ text, highlights }: FoundPassage["snippet"], colour: boolean): string {
  if (!colour) return printable(text);
  let written = "";
  let last = 0;
  for (const { start, end } of highlights) {
    written += printable(text.slice(last, start)) + bold(printable(text.slice(start, end)));
    last = end;
  }
  return written + printable(text.slice(last));
}
