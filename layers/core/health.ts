import { z } from "zod";

/** What `GET /health` says, on every host. It needs no token, so it holds nothing that is anybody's business. */
export const healthSchema = z.strictObject({
  status: z.literal("ok"),
  versions: z.strictObject({ halfgig: z.string(), node: z.string() }),
  models: z.array(
    z.strictObject({
      id: z.string(),
      precision: z.string(),
      demo: z.boolean(),
      /** Whether a process has it in memory at this moment; null where the one who answers cannot know. */
      loaded: z.boolean().nullable(),
    }),
  ),
  memory: z.strictObject({
    /** Of the whole service on one machine; of the function that answers on AWS. */
    usedMiB: z.number(),
    /** Null where each function has a limit, and all of them together have none. */
    allocationMiB: z.number().nullable(),
  }),
  queue: z.strictObject({
    /** Jobs that are at work. */
    running: z.number().int(),
    /** Calls of functions that wait for a place; null where the one who answers cannot know. */
    waiting: z.number().int().nullable(),
  }),
});

export type Health = z.output<typeof healthSchema>;
