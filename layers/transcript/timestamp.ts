/**
 * `HH:MM:SS` and milliseconds behind `separator`, hours always there and as many digits as they need. The time is rounded
 * to a whole millisecond once and then split, so 999.6 ms is one second and never "1000".
 *
 * @throws RangeError for a time that is negative or not finite
 */
export function formatTimestamp(ms: number, separator: "," | "."): string {
  const whole = Math.round(ms);
  if (!Number.isFinite(whole) || whole < 0) throw new RangeError(`${ms} ms is not a time in a transcript.`);
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor(whole / 60_000) % 60;
  const seconds = Math.floor(whole / 1_000) % 60;
  const milliseconds = String(whole % 1_000).padStart(3, "0");
  return `${two(hours)}:${two(minutes)}:${two(seconds)}${separator}${milliseconds}`;
}
