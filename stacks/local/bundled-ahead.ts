/** Set where this process began with bundling (`bundle-ahead.ts`). */
export const bundledAheadVariable = "HALFGIG_BUNDLED_AHEAD";

/** Whether its bundles were made by this very run, so that they are no earlier work and need not be made again. */
export const isBundledAhead = (): boolean => process.env[bundledAheadVariable] !== undefined;
