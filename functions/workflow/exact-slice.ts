import { z } from "zod";
import { exactSliceSchema } from "../../layers/transcript/index.ts";

/** A slice of `exact` mode as it is stored: what merge reads, and where the next slice begins. */
export const storedSliceSchema = exactSliceSchema.extend({
  checkpoint: z.looseObject({ seekMs: z.int().nonnegative() }),
  done: z.boolean(),
});
export type StoredSlice = z.output<typeof storedSliceSchema>;
