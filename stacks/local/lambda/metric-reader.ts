/** A line that is longer cannot be one of ours; it is passed over, not collected. */
const maxLineBytes = 64 * 1024;

type EmbeddedMetrics = {
  _aws?: { CloudWatchMetrics?: { Metrics?: { Name?: string }[] }[] };
  [name: string]: unknown;
};

/**
 * Finds metrics in a function's output, as CloudWatch Logs does: a line of JSON with an `_aws` member names the metrics whose values are
 * beside it. Values of one name are added up.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export class MetricReader {
  #line = "";
  #sums: Record<string, number> = {};

  push(chunk: Buffer): void {
    const lines = (this.#line + chunk.toString("utf8")).split("\n");
    this.#line = lines.pop() ?? "";
    if (this.#line.length > maxLineBytes) this.#line = "";
    for (const line of lines) if (line.includes('"_aws"')) this.#read(line);
  }

  /** The sums since the last call; undefined when there were none. */
  take(): Record<string, number> | undefined {
    const sums = this.#sums;
    this.#sums = {};
    return Object.keys(sums).length > 0 ? sums : undefined;
  }

  #read(line: string): void {
    let document: EmbeddedMetrics;
    try {
      document = JSON.parse(line) as EmbeddedMetrics;
    } catch {
      return;
    }
    const directives = document?._aws?.CloudWatchMetrics;
    for (const directive of Array.isArray(directives) ? directives : []) {
      for (const { Name } of directive?.Metrics ?? []) {
        const values = Name === undefined ? [] : [document[Name]].flat();
        for (const value of values) {
          if (typeof value === "number" && Number.isFinite(value)) this.#sums[Name!] = (this.#sums[Name!] ?? 0) + value;
        }
      }
    }
  }
}
