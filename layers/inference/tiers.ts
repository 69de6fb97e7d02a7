/** How the models are run in one range of allocations. */
export type Tier = {
  /** The allocation that the tier is measured at and named for, MiB. */
  readonly allocationMiB: number;
  /** The smallest allocation that belongs to the tier, MiB. */
  readonly fromMiB: number;
  /** Precision that models are built in unless USE_INT8_QUANTIZATION says otherwise. */
  readonly precision: "int8" | "fp32";
  /** Threads inside one operator. More than Lambda's share of cores only wait for one another. */
  readonly threads: number;
  /** Whether the encoder keeps its activations' memory from window to window: 1.7 times as fast, 20 to 40 MiB larger. */
  readonly arena: boolean;
  /** Models in memory at a time at most; fewer where their costs do not fit. */
  readonly mostResidents: number;
  /** Hypotheses of one search that the decoder takes in one batch; the default width of beam search. */
  readonly batch: number;
};

/** Lambda gives a function this share of one core per MB of its allocation: 1,769 MB are one vCPU. */
const mbPerVcpu = 1_769;

export const vcpuOf = (allocationMiB: number) => allocationMiB / mbPerVcpu;

/**
 * Smallest first. int8 in all of them: at 2048 fp32 fits, but takes twice the time for a word error rate that is not lower (`npm run
 * measure` and `npm run eval` print both). Five hypotheses cost five times the decoding, hence only from a whole core on.
 */
export const tiers: readonly Tier[] = [
  { allocationMiB: 256, fromMiB: 0, precision: "int8", threads: 1, arena: false, mostResidents: 1, batch: 1 },
  { allocationMiB: 512, fromMiB: 512, precision: "int8", threads: 1, arena: true, mostResidents: 8, batch: 1 },
  { allocationMiB: 1024, fromMiB: 1024, precision: "int8", threads: 1, arena: true, mostResidents: 8, batch: 1 },
  { allocationMiB: 2048, fromMiB: mbPerVcpu, precision: "int8", threads: 2, arena: true, mostResidents: 8, batch: 5 },
];

/** The tier that an allocation belongs to. */
export function tierOf(allocationMiB: number): Tier {
  return tiers.findLast(({ fromMiB }) => allocationMiB >= fromMiB) ?? tiers[0]!;
}
