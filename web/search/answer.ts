import { parseEvents } from "../../client/events.ts";
import { ApiError, request } from "../api/client.ts";
import { strings } from "../strings.ts";

export type Citation = { number: number; jobId: string; fileName?: string; startMs: number; text: string };
export type Answer = { text: string; notes: readonly string[]; model: string | null; citations: readonly Citation[] };

/**
 * Asks, and tells of the answer as it is written; the last that is told is whole.
 * @throws ApiError where it cannot be asked for, or breaks off
 */
export async function streamAnswer(
  question: string,
  tell: (answer: Answer) => void,
  signal: AbortSignal,
): Promise<void> {
  const reply = await request("POST", "/v1/ask", { body: { question, stream: true }, signal });
  let answer: Answer = { text: "", notes: [], model: null, citations: [] };
  for await (const { name, data } of reply.body ? parseEvents(reply.body) : []) {
    const told = JSON.parse(data);
    if (name === "delta") answer = { ...answer, text: answer.text + told.delta };
    else if (name === "citation") answer = { ...answer, citations: [...answer.citations, told] };
    else if (name === "error") throw new ApiError(told.status, told.code, told.detail ?? told.title);
    else if (name === "done") return tell(told);
    if (name === "delta") tell(answer);
  }
  throw new ApiError(0, "network", strings.search.brokeOff);
}
