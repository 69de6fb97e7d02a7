import { StatesError } from "./errors.ts";
import type { Json } from "./json.ts";

/** Step Functions' limit for a task's, state's or execution's input or result: 256 KiB of UTF-8. */
export const maxPayloadBytes = 262_144;

/**
 * The JSON text of a payload.
 * @throws StatesError `States.DataLimitExceeded` above 256 KiB.
 */
export function payloadText(value: Json, what: string): string {
  const text = JSON.stringify(value);
  if (Buffer.byteLength(text) > maxPayloadBytes) {
    throw new StatesError(
      "States.DataLimitExceeded",
      `${what} is larger than the ${maxPayloadBytes} bytes that a payload may have. Put the data into S3 and pass its key.`,
    );
  }
  return text;
}

/** What a JSON reader would see of a value: no functions, no prototypes, no undefined members. `undefined` when nothing is left. */
export function toJson(value: unknown): Json | undefined {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? undefined : (JSON.parse(text) as Json);
}
