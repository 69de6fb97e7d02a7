import { expect, it } from "vitest";
import { type AnswerEvent, writeAnswer } from "./streamed-answer.ts";

const citation = { number: 1, jobId: "j1", fileName: "a.mp4", startMs: 1000, endMs: 2000, text: "…" };
const answer = { text: "In May [1].", by: "model" as const, model: "m", notes: ["A note."], citations: [citation] };
const delta = (text: string): AnswerEvent => ({ name: "delta", data: { delta: text } });

it("writes words as they come, and its sources at the end", async () => {
  const written: string[] = [];
  async function* events(): AsyncGenerator<AnswerEvent> {
    yield { name: "passages", data: {} };
    yield delta("In \u001b[31mMay");
    expect(written).toEqual(["In \u{FFFD}[31mMay"]);
    yield delta(" [1].");
    yield { name: "done", data: answer };
  }
  expect(await writeAnswer(events(), (text) => written.push(text))).toBe(answer);
  expect(written.join("")).toBe("In \u{FFFD}[31mMay [1].\n\n[1] a.mp4  00:00:01.000 – 00:00:02.000  j1\n\nA note.\n");
});

it("says so where an answer breaks off", async () => {
  const written: string[] = [];
  const write = (events: AnswerEvent[]) =>
    writeAnswer(
      (async function* () {
        yield* events;
      })(),
      (text) => written.push(text),
    );
  await expect(write([delta("In"), { name: "error", data: { detail: "No model." } }])).rejects.toThrow("No model.");
  await expect(write([delta("In")])).rejects.toThrow(/broke off/);
  expect(written).toEqual(["In", "\n", "In", "\n"]);
});
