import { describe, expect, it } from "vitest";
import { MetricReader } from "./metric-reader.ts";

const line = (values: Record<string, unknown>) =>
  `${JSON.stringify({
    _aws: {
      Timestamp: 1,
      CloudWatchMetrics: [{ Namespace: "n", Metrics: Object.keys(values).map((Name) => ({ Name })) }],
    },
    ...values,
  })}\n`;

describe("embedded metrics in a function's output", () => {
  it("adds up the values of a name, between other lines and across chunks", () => {
    const reader = new MetricReader();
    const text = `START\n${line({ Sheds: 1 })}{"message":"_aws"}\n${line({ Sheds: [2, 3], Peak: 7.5 })}END\n`;
    for (const character of text) reader.push(Buffer.from(character));
    expect(reader.take()).toEqual({ Sheds: 6, Peak: 7.5 });
    expect(reader.take()).toBeUndefined();
  });

  it.each([
    ["broken JSON", '{"_aws": \n'],
    ["no directive", '{"_aws": {}}\n'],
    ["a directive of another shape", '{"_aws": {"CloudWatchMetrics": [null, {"Metrics": [{}]}]}}\n'],
    ["a value that is no number", line({ Sheds: "many" })],
  ])("passes over %s", (_name, text) => {
    const reader = new MetricReader();
    reader.push(Buffer.from(text));
    expect(reader.take()).toBeUndefined();
  });

  it("does not collect a line without end", () => {
    const reader = new MetricReader();
    for (let n = 0; n < 100; n++) reader.push(Buffer.alloc(8192, "x"));
    reader.push(Buffer.from(`\n${line({ Sheds: 1 })}`));
    expect(reader.take()).toEqual({ Sheds: 1 });
  });
});
