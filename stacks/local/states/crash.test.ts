import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TestClock } from "./testing/clock.ts";
import { DyingDisk } from "./testing/crash.ts";
import {
  type Answer,
  distributed,
  failing,
  MemoryObjects,
  machineOf,
  type Outcome,
  outcomeOf,
  task,
  temporaryDirectory,
  testHost,
} from "./testing/host.ts";

const item = (rest: object) => ({ StartAt: "J", States: { J: { ...task("work", rest), End: true } } });

/** Every kind of state that leaves something to resume. */
const everything = machineOf({
  First: task("work", { Arguments: { key: "first" }, Assign: { first: "{% $states.result.key %}" }, Next: "Both" }),
  Both: {
    Type: "Parallel",
    Branches: [
      {
        StartAt: "Flaky",
        States: {
          Flaky: task("flaky", {
            Arguments: { key: "flaky", attempt: "{% $states.context.State.RetryCount %}" },
            Retry: [{ ErrorEquals: ["Flaky"], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 2 }],
            End: true,
          }),
        },
      },
      {
        StartAt: "Rest",
        States: {
          Rest: { Type: "Wait", Seconds: 60, Next: "After" },
          After: task("work", { Arguments: { key: "{% 'after-' & $first %}" }, End: true }),
        },
      },
    ],
    Assign: { both: "{% $states.result.key %}" },
    Next: "Inline",
  },
  Inline: {
    Type: "Map",
    Items: [1, 2, 3],
    MaxConcurrency: 2,
    ItemProcessor: item({ Arguments: { key: "{% 'inline-' & $string($states.input) %}" } }),
    Assign: { inline: "{% $states.result.key %}" },
    Next: "Wide",
  },
  Wide: distributed(
    {
      ItemReader: {
        Resource: "arn:aws:states:::s3:getObject",
        ReaderConfig: { InputType: "JSONL" },
        Arguments: { Bucket: "b", Key: "items.jsonl" },
      },
      MaxConcurrency: 2,
      ToleratedFailureCount: 1,
      ResultWriter: { Resource: "arn:aws:states:::s3:putObject", Arguments: { Bucket: "b", Prefix: "out" } },
      Assign: { wide: "{% $states.result %}" },
      Next: "Count",
    },
    task("wide", { Arguments: { key: "{% 'wide-' & $string($states.input.n) %}" }, End: true }),
  ),
  Count: { Type: "Pass", Assign: { n: 0 }, Next: "Loop" },
  Loop: task("work", {
    Arguments: { key: "{% 'loop-' & $string($n) %}" },
    Assign: { n: "{% $n + 1 %}" },
    Next: "More",
  }),
  More: { Type: "Choice", Choices: [{ Condition: "{% $n < 2 %}", Next: "Loop" }], Default: "Caught" },
  Caught: task("broken", {
    Arguments: { key: "broken" },
    Catch: [{ ErrorEquals: ["Broken"], Output: { error: "{% $states.errorOutput.Error %}" }, Next: "End" }],
    End: true,
  }),
  End: {
    Type: "Succeed",
    Output: { all: ["{% $first %}", "{% $both %}", "{% $inline %}", "{% $wide %}", "{% $n %}", "{% $states.input %}"] },
  },
});

class Effects {
  readonly calls: string[] = [];
  readonly functions: Record<string, Answer> = {
    work: ({ key }) => this.#done(key),
    flaky: ({ key, attempt }) => {
      this.calls.push(`${key}-${attempt}`);
      if (attempt < 2) throw failing("Flaky");
      return { key: `${key}-${attempt}` };
    },
    wide: ({ key }) => {
      this.#done(key);
      if (key === "wide-2") throw failing("Wide");
      return { key };
    },
    broken: ({ key }) => {
      this.#done(key);
      throw failing("Broken");
    },
  };

  #done(key: string) {
    this.calls.push(key);
    return { key };
  }
}

function storedItems(): MemoryObjects {
  const objects = new MemoryObjects();
  objects.contents.set("b/items.jsonl", [0, 1, 2, 3].map((n) => `{"n":${n}}`).join("\n"));
  return objects;
}

/** The keys of tasks whose success is in a journal. */
async function recordedKeys(directory: string): Promise<string[]> {
  const keys: string[] = [];
  for (const file of await readdir(join(directory, "executions")).catch(() => [])) {
    const lines = (await readFile(join(directory, "executions", file), "utf8")).split("\n").slice(0, -1);
    for (const { events } of lines.map((line) => JSON.parse(line))) {
      for (const { lambdaFunctionSucceededEventDetails: details } of events) {
        if (details) keys.push(JSON.parse(details.output).key);
      }
    }
  }
  return keys;
}

/** Lets a machine run into the disk's death; false when it got through before. */
async function runUntilDeath(
  definition: object,
  disk: DyingDisk,
  directory: string,
  objects: MemoryObjects,
  effects: Effects,
) {
  const clock = new TestClock();
  const through = async () => {
    const options = { directory, objects, clock, functions: effects.functions, openFile: disk.open, abandoned: true };
    const { service } = await testHost(definition, options);
    const { executionArn } = await service.startExecution({ machine: "machine", name: "run", input: {} });
    await service.wait(executionArn);
    await service.close();
    return false;
  };
  const died = await Promise.race([through(), disk.died.then(() => true)]);
  await disk.bury();
  return { died, nowMs: clock.now() };
}

const shapeOf = (outcome: Outcome) =>
  outcome.events.map(({ type, stateEnteredEventDetails: entered }) => `${type} ${entered?.name ?? ""}`);
const only = (pattern: RegExp, shape: string[]) => shape.filter((line) => pattern.test(line)).sort();

async function uninterrupted(definition: object): Promise<{ outcome: Outcome; objects: MemoryObjects; lines: number }> {
  const objects = storedItems();
  const disk = new DyingDisk(Number.POSITIVE_INFINITY);
  const host = await testHost(definition, { objects, functions: new Effects().functions, openFile: disk.open });
  const { executionArn } = await host.service.startExecution({ machine: "machine", name: "run", input: {} });
  return { outcome: await outcomeOf(host.service, executionArn), objects, lines: disk.linesWritten };
}

/** Kills the host after `lines` lines, starts another one, and compares with a run that nothing disturbed. */
async function crashAndResume(
  definition: object,
  expected: Awaited<ReturnType<typeof uninterrupted>>,
  disk: DyingDisk,
) {
  const directory = await temporaryDirectory();
  const objects = storedItems();
  const before = new Effects();
  const { died, nowMs } = await runUntilDeath(definition, disk, directory, objects, before);
  const recorded = await recordedKeys(directory);
  const after = new Effects();
  const clock = new TestClock(nowMs);
  const host = await testHost(definition, { directory, objects, clock, functions: after.functions });
  // A start that the journal does not know was never confirmed: whoever asked for it asks again.
  const { executionArn } = await host.service
    .startExecution({ machine: "machine", name: "run", input: {} })
    .catch(() => ({ executionArn: expected.outcome.arn }));
  const outcome = await outcomeOf(host.service, executionArn);

  expect(outcome.output).toEqual(expected.outcome.output);
  expect(outcome.status).toBe(expected.outcome.status);
  expect(outcome.events.map(({ id }) => id)).toEqual(outcome.events.map((_, index) => index + 1));
  const [shape, wanted] = [shapeOf(outcome), shapeOf(expected.outcome)];
  for (const kind of [/StateEntered/, /StateExited/, /Succeeded/, /Map|Parallel/, /Failed/]) {
    expect(only(kind, shape)).toEqual(only(kind, wanted));
  }
  expect(after.calls.filter((call) => recorded.includes(call))).toEqual([]);
  return { died, nowMs, outcome, objects, before, after };
}

describe("a host that is killed", () => {
  it("goes on after any line of the journal as if nothing had happened", async () => {
    const expected = await uninterrupted(everything);
    expect(expected.outcome.status).toBe("SUCCEEDED");
    expect(expected.lines).toBeGreaterThan(40);
    for (let lines = 0; lines < expected.lines; lines += 1) {
      const { died, nowMs, outcome, objects, before, after } = await crashAndResume(
        everything,
        expected,
        new DyingDisk(lines, lines % 3 === 0 ? 0 : 25),
      );
      expect(died).toBe(true);
      const waited = outcome.events.filter(({ type }) => /^WaitState/.test(type)).map((e) => Date.parse(e.timestamp));
      // The deadline holds, unless it passed while nobody was there.
      const waitedMs = waited[1]! - waited[0]!;
      expect(waitedMs).toBeGreaterThanOrEqual(60_000);
      expect(waitedMs).toBeLessThanOrEqual(Math.max(60_000, nowMs - waited[0]!));
      expect([...objects.contents.keys()].sort()).toEqual([...expected.objects.contents.keys()].sort());
      // At most the tasks that were under way are run a second time: two at once in each wide state.
      const twice = before.calls.filter((call) => after.calls.includes(call));
      expect(twice.length).toBeLessThanOrEqual(2);
    }
  }, 60_000);

  it("does so for machines of any shape", async () => {
    const name = fc.constantFrom("work", "flaky", "broken");
    const leaf = fc.oneof(
      name.map((fn) => ({
        ...task(fn, { Arguments: { key: fn, attempt: "{% $states.context.State.RetryCount %}" } }),
        Retry: [{ ErrorEquals: ["Flaky"], IntervalSeconds: 1 }],
        Catch: [{ ErrorEquals: ["States.ALL"], Next: "Done" }],
      })),
      fc.nat(9).map((Seconds) => ({ Type: "Wait", Seconds })),
      fc.nat(9).map((n) => ({ Type: "Pass", Assign: { v: n }, Output: { n } })),
    );
    const chain = (states: object[]) => ({
      StartAt: "S0",
      States: {
        ...Object.fromEntries(
          states.map((state, i) => [`S${i}`, { ...state, Next: i + 1 < states.length ? `S${i + 1}` : "Done" }]),
        ),
        Done: { Type: "Succeed" },
      },
    });
    const short = fc.array(leaf, { minLength: 1, maxLength: 3 }).map(chain);
    const compound = fc.oneof(
      leaf,
      fc.array(short, { minLength: 1, maxLength: 3 }).map((Branches) => ({ Type: "Parallel", Branches })),
      short.map((ItemProcessor) => ({ Type: "Map", Items: [1, 2], ItemProcessor })),
      short.map((machine) => ({
        Type: "Map",
        Items: [1, 2, 3],
        ItemProcessor: { ...machine, ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" } },
      })),
    );
    const machines = fc.array(compound, { minLength: 1, maxLength: 3 }).map((states) => {
      let count = 0;
      // State names are unique in a machine, nested ones included.
      const rename = (machine: { StartAt: string; States: Record<string, object> }): object => {
        const id = count++;
        const text = JSON.stringify(machine.States, (key, value) =>
          key !== "" && value && typeof value === "object" && "StartAt" in value ? rename(value as never) : value,
        );
        const States = Object.fromEntries(
          Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>).map(([key, state]) => {
            const { Next, Catch, ...rest } = state as { Next?: string; Catch?: { Next: string }[] };
            return [
              `${key}m${id}`,
              {
                ...rest,
                ...(Next ? { Next: `${Next}m${id}` } : {}),
                ...(Catch ? { Catch: Catch.map((c) => ({ ...c, Next: `${c.Next}m${id}` })) } : {}),
              },
            ];
          }),
        );
        return { ...machine, StartAt: `${machine.StartAt}m${id}`, States };
      };
      return { QueryLanguage: "JSONata", ...rename(chain(states)) };
    });
    await fc.assert(
      fc.asyncProperty(
        machines,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(60),
        async (definition, at, torn) => {
          const expected = await uninterrupted(definition);
          const disk = new DyingDisk(Math.floor(at * expected.lines), torn);
          const directory = await temporaryDirectory();
          const objects = storedItems();
          const { nowMs } = await runUntilDeath(definition, disk, directory, objects, new Effects());
          const clock = new TestClock(nowMs);
          const host = await testHost(definition, { directory, objects, clock, functions: new Effects().functions });
          const { executionArn } = await host.service
            .startExecution({ machine: "machine", name: "run", input: {} })
            .catch(() => ({ executionArn: expected.outcome.arn }));
          const outcome = await outcomeOf(host.service, executionArn);
          expect({ status: outcome.status, output: outcome.output }).toEqual({
            status: expected.outcome.status,
            output: expected.outcome.output,
          });
          expect(only(/StateEntered|StateExited/, shapeOf(outcome))).toEqual(
            only(/StateEntered|StateExited/, shapeOf(expected.outcome)),
          );
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
