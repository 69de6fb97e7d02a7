import { failInputSchema } from "../../layers/workflow/index.ts";
import { recordFailure } from "./record-failure.ts";

/** The last step of a failed execution. */
export async function handler(event: unknown): Promise<void> {
  await recordFailure(failInputSchema.parse(event));
}
