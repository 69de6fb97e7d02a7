import { describe, expect, it } from "vitest";
import { MemoryObjects, runToEnd, testHost } from "../../stacks/local/states/testing/host.ts";
import { type Example, examples } from "./states-examples/index.ts";

async function run({ definition, input, functions = {}, objects: stored = {} }: Example) {
  const objects = new MemoryObjects();
  for (const [key, body] of Object.entries(stored)) objects.contents.set(key, body);
  const outcome = await runToEnd(await testHost(definition, { functions, objects }), input);
  const startedMs = Date.parse(outcome.events[0]?.timestamp ?? "");
  const seconds = (timestamp: string | undefined) => (Date.parse(timestamp ?? "") - startedMs) / 1000;
  const tasks = outcome.events.filter(({ type }) => type === "LambdaFunctionScheduled");
  return {
    ...outcome,
    tasksAtSeconds: tasks.map(({ timestamp }) => seconds(timestamp)),
    endsAtSeconds: seconds(outcome.events.at(-1)?.timestamp),
  };
}

describe("the interpreter does what the specification's examples say", () => {
  it.each(examples.map((example) => [example.source, example.name, example] as const))(
    "%s: %s",
    async (_source, _name, example) => {
      const outcome = await run(example);
      const { output, error, tasksAtSeconds, endsAtSeconds } = example;
      if (error === undefined) expect([outcome.status, outcome.output]).toEqual(["SUCCEEDED", output]);
      else expect([outcome.status, outcome.error ?? ""]).toEqual(["FAILED", error]);
      if (tasksAtSeconds) expect(outcome.tasksAtSeconds).toEqual(tasksAtSeconds);
      if (endsAtSeconds !== undefined) expect(outcome.endsAtSeconds).toBe(endsAtSeconds);
    },
  );
});
