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

/**
 * glibc's settings for a process of this allocation that runs models. Blocks from the threshold on come from mmap, so that freed tensors go back
 * (267 → 93 MB after a release); mapping a decoder step's keys, values and logits anew costs it 0.3 of 2.8 ms, so where there is room only the
 * encoder's are. One arena of malloc's: 15 to 20 MiB less, and no slower.
 */
export const allocatorOf = (allocationMiB: number) => ({
  MALLOC_MMAP_THRESHOLD_: String(tierOf(allocationMiB).arena ? 262_144 : 65_536),
  MALLOC_TRIM_THRESHOLD_: "65536",
  MALLOC_ARENA_MAX: "1",
});
