/** One thing that was looked at. */
export type Check = {
  name: string;
  state: "ok" | "warn" | "fail";
  /** What was found. */
  found: string;
  /** What to do; only where something is wrong. */
  advice?: string;
};

export const ok = (name: string, found: string): Check => ({ name, state: "ok", found });
export const warn = (name: string, found: string, advice: string): Check => ({ name, state: "warn", found, advice });
export const fail = (name: string, found: string, advice: string): Check => ({ name, state: "fail", found, advice });

/** The first line of an error, for a table. */
export const lineOf = (error: unknown) => String((error as Error)?.message ?? error).split("\n")[0] ?? "";
