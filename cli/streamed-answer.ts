import { answerText, type GivenAnswer } from "./found.ts";
import { printable } from "./terminal.ts";

/** What `POST /v1/ask` streams, as far as it is shown. */
export type AnswerEvent =
  | { name: "passages" | "citation"; data: unknown }
  | { name: "delta"; data: { delta: string } }
  | { name: "done"; data: GivenAnswer }
  | { name: "error"; data: { detail?: string; title?: string } };

/**
 * Writes an answer as it comes, then where to listen.
 * @throws Error where it breaks off
 */
export async function writeAnswer(
  events: AsyncIterable<AnswerEvent>,
  write: (text: string) => void,
): Promise<GivenAnswer> {
  let begun = false;
  for await (const { name, data } of events) {
    if (name === "delta") {
      begun = true;
      write(printable(data.delta));
    } else if (name === "done") {
      write(begun ? "\n\n" : "");
      write(answerText({ ...data, text: "" }));
      return data;
    } else if (name === "error") {
      write(begun ? "\n" : "");
      throw new Error(data.detail ?? data.title ?? "The answer broke off.");
    }
  }
  write(begun ? "\n" : "");
  throw new Error("The answer broke off: the service ended the connection. Ask again.");
}
