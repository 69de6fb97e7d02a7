import { describe, expect, it } from "vitest";
import { distributed, machineOf, only, task } from "../testing/host.ts";
import { parseDefinition } from "./check.ts";

describe("a definition", () => {
  it("is taken as it was given", () => {
    const definition = only({ Type: "Pass", Output: "plain text" });
    const before = structuredClone(definition);
    expect(parseDefinition("m", definition)).toEqual(before);
    expect(definition).toEqual(before);
  });

  it.each([
    ["is no object", 7, /not a JSON object/],
    ["is JSONPath", { StartAt: "A", States: { A: { Type: "Succeed" } } }, /query language is JSONPath/],
    ["has a JSONPath state", machineOf({ A: { Type: "Succeed", QueryLanguage: "JSONPath" } }), /JSONPath/],
    ["has a missing target", machineOf({ A: { Type: "Pass", Next: "B" } }), /not valid Amazon States Language/],
    ["has an expression that is no JSONata", only({ Type: "Pass", Output: "{% 1 + %}" }), /JSONata|not valid/],
    ["calls another service", only({ Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage" }), /sqs:sendMessage/],
    [
      "waits for a callback",
      only({ Type: "Task", Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken" }),
      /waitForTaskToken/,
    ],
    [
      "reads an inventory",
      only(
        distributed({
          ItemReader: {
            Resource: "arn:aws:states:::s3:getObject",
            ReaderConfig: { InputType: "MANIFEST" },
            Arguments: { Bucket: "b", Key: "k" },
          },
        }),
      ),
      /MANIFEST/,
    ],
    [
      "batches inline",
      only({
        Type: "Map",
        ItemBatcher: { MaxItemsPerBatch: 2 },
        ItemProcessor: { StartAt: "I", States: { I: task("f", { End: true }) } },
      }),
      /DISTRIBUTED/,
    ],
  ])("is refused when it %s", (_what, definition, message) => {
    expect(() => parseDefinition("m", definition)).toThrow(message);
    expect(() => parseDefinition("m", definition)).toThrow('The state machine "m" cannot run here');
  });
});
