import { collections } from "./collections.ts";
import { control } from "./control.ts";
import { variables } from "./data.ts";
import type { Example } from "./example.ts";
import { failures } from "./failures.ts";

export type { Example } from "./example.ts";

/** Made from the text of the specification and of the guide, not from what the interpreter does. */
export const examples: readonly Example[] = [...control, ...variables, ...failures, ...collections];
