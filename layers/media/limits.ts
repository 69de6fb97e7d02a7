/** What one file may cost. Every bound holds whatever the file claims about itself. */
export type MediaLimits = {
  maxSizeBytes: number;
  maxDurationMs: number;
  /** Wall-clock time for reading the headers. */
  probeTimeoutMs: number;
  /** Wall-clock time for the whole decode, the consumer's pauses included. */
  decodeTimeoutMs: number;
  /** How long the decoder may stay without output while the consumer waits. */
  stallTimeoutMs: number;
};

export const defaultMediaLimits: MediaLimits = {
  maxSizeBytes: 5 * 1024 ** 4, // the largest S3 object
  maxDurationMs: 36 * 3_600_000,
  probeTimeoutMs: 30_000,
  decodeTimeoutMs: 15 * 60_000, // Lambda's own limit
  stallTimeoutMs: 60_000,
};

/** The limits with `overrides` in place of the defaults. */
export function mediaLimits(overrides: Partial<MediaLimits> = {}): MediaLimits {
  return { ...defaultMediaLimits, ...overrides };
}
