/**
 * What AWS asks, in US dollars. List prices without free tiers or discounts, as known on the date below; check them before you rely on them.
 * https://aws.amazon.com/lambda/pricing/ https://aws.amazon.com/step-functions/pricing/ https://aws.amazon.com/s3/pricing/
 * https://aws.amazon.com/api-gateway/pricing/ https://aws.amazon.com/transcribe/pricing/
 */
export const prices = {
  date: "2026-11-21",
  region: "us-east-1",
  lambda: {
    /** First tier, up to 6 billion (x86) or 7.5 billion (arm64) GB-seconds a month. */
    perGBSecond: { x86_64: 0.0000166667, arm64: 0.0000133334 },
    perRequest: 0.2e-6,
    /** Ephemeral storage above 512 MB. */
    perTmpGBSecond: 0.0000000309,
  },
  stepFunctions: { perStateTransition: 0.025e-3 },
  s3: { perWrite: 0.005e-3, perRead: 0.0004e-3, perGBMonth: 0.023 },
  apiGateway: { perRequest: 1e-6 },
  /** Other ways to the same transcript, by the hour of audio. */
  others: {
    "Amazon Transcribe": { perAudioHour: 0.024 * 60, basis: "standard batch, first tier, $0.024 a minute" },
    "OpenAI whisper-1": { perAudioHour: 0.006 * 60, basis: "$0.006 a minute" },
  },
} as const;

export type Architecture = keyof typeof prices.lambda.perGBSecond;
