import fc from "fast-check";

// The suite decides the same way every time: its properties run from one seed. `npm run test:fuzz` looks for new
// counterexamples, from a seed that it prints, with FAST_CHECK_RUNS runs each.
const { FAST_CHECK_SEED, FAST_CHECK_RUNS } = process.env;
fc.configureGlobal({
  ...fc.readConfigureGlobal(),
  seed: Number(FAST_CHECK_SEED ?? 20_261_121),
  ...(FAST_CHECK_RUNS !== undefined && { numRuns: Number(FAST_CHECK_RUNS) }),
});
