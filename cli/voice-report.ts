import { type VoiceReport, voiceReportSchema } from "../layers/voice/index.ts";
import { seconds, table } from "./tables.ts";

/** What people read of `voice.json`: the verdict with what it rests on, and where which voice is heard. */
export function voiceText(json: string): string {
  const report = voiceReportSchema.parse(JSON.parse(json));
  const { verdict, score, reasons, model, operatingPoint, judgedSpeechMs, speechMs } = report;
  const lines = [
    `voice     ${words[verdict]}${score === null ? "" : `   P(synthetic) ${score.toFixed(3)}`}   at the operating point "${operatingPoint.name}"`,
    ...reasons.map(({ message }) => `because   ${message}`),
    `judged    ${seconds(judgedSpeechMs)} of ${seconds(speechMs)} s of speech${report.stopped ? " (settled by then)" : ""}`,
    `detector  ${model.id}${model.demo ? " (DEMO: not a real verdict)" : ""}, ${model.precision}`,
    ...model.notes.map((note) => `          ${note}`),
  ];
  if (report.timeline.length > 0) lines.push("", timeline(report));
  return `${lines.join("\n")}\n`;
}

const words = { bona_fide: "human", spoof: "synthetic", uncertain: "uncertain" } as const;

function timeline({ timeline: spans }: VoiceReport): string {
  return table(
    ["from s", "to s", "verdict", "leans to", "P(synthetic)"],
    spans.map(({ startMs, endMs, verdict, leaning, score }) => [
      seconds(startMs),
      seconds(endMs),
      words[verdict],
      words[leaning],
      score.toFixed(3),
    ]),
  );
}
