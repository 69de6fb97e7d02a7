import { describe, expect, it } from "vitest";
import {
  type Answer,
  distributed,
  endless,
  failing,
  MemoryObjects,
  machineOf,
  only,
  runToEnd,
  task,
  testHost,
} from "../testing/host.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const processor = (rest: object = {}) => ({ StartAt: "I", States: { I: { ...task("f"), End: true, ...rest } } });
const inline = (rest: object, item = processor()) => ({ Type: "Map", ItemProcessor: item, ...rest });
const jsonl = { Resource: "arn:aws:states:::s3:getObject", Arguments: { Bucket: "b", Key: "items" } };
const writer = { Resource: "arn:aws:states:::s3:putObject", Arguments: { Bucket: "b", Prefix: "out" } };

function stored(text: string): MemoryObjects {
  const objects = new MemoryObjects();
  objects.contents.set("b/items", text);
  return objects;
}

/** Counts how many calls are under way at once. */
function crowd() {
  const seen = { now: 0, most: 0 };
  const f: Answer = async (payload) => {
    seen.now += 1;
    seen.most = Math.max(seen.most, seen.now);
    for (let i = 0; i < 5; i += 1) await turn();
    seen.now -= 1;
    return payload;
  };
  return { seen, f };
}

describe("an inline Map", () => {
  const selected = {
    Items: "{% $states.input.xs %}",
    ItemSelector: { i: "{% $states.context.Map.Item.Index %}", v: "{% $states.context.Map.Item.Value %}" },
  };

  it("selects, keeps the order and runs no more than MaxConcurrency at once", async () => {
    const { seen, f } = crowd();
    const definition = only(inline({ ...selected, MaxConcurrency: "{% $states.input.limit %}" }));
    const { output } = await runToEnd(await testHost(definition, { functions: { f } }), {
      xs: [5, 6, 7, 8, 9],
      limit: 3,
    });
    expect(output).toEqual([5, 6, 7, 8, 9].map((v, i) => ({ i, v })));
    expect(seen.most).toBe(3);
  });

  it("is capped by the host", async () => {
    const { seen, f } = crowd();
    await runToEnd(await testHost(only(inline(selected)), { functions: { f }, maxConcurrency: 2 }), {
      xs: [1, 2, 3, 4, 5],
    });
    expect(seen.most).toBe(2);
  });

  it("reads outer variables and keeps its own to itself", async () => {
    const item = { StartAt: "I", States: { I: { Type: "Pass", Assign: { v: 9 }, Output: "{% $v %}", End: true } } };
    const definition = machineOf({
      A: { Type: "Pass", Assign: { v: 1 }, Next: "M" },
      M: inline({ Items: "{% [1, 2] %}", Assign: { inner: "{% $states.result %}" }, Next: "Z" }, item as never),
      Z: { Type: "Pass", Output: { v: "{% $v %}", inner: "{% $inner %}" }, End: true },
    });
    expect((await runToEnd(await testHost(definition))).output).toEqual({ v: 1, inner: [1, 1] });
  });

  it("fails with the first iteration that fails, and stops the others", async () => {
    let stopped = 0;
    const f: Answer = (payload, context) => {
      if (payload === 2) throw failing("Bad");
      context.signal.addEventListener("abort", () => {
        stopped += 1;
      });
      return endless(payload, context);
    };
    const outcome = await runToEnd(await testHost(only(inline({})), { functions: { f } }), [1, 2, 3]);
    expect(outcome).toMatchObject({ status: "FAILED", error: "Bad" });
    expect(outcome.events.filter(({ type }) => type === "MapIterationFailed")).toMatchObject([
      { mapIterationFailedEventDetails: { name: "A", index: 1 } },
    ]);
    expect(stopped).toBe(2);
  });

  it("starts over when it is retried", async () => {
    let calls = 0;
    const f = () => {
      calls += 1;
      if (calls === 1) throw failing("Once");
      return calls;
    };
    const Retry = [{ ErrorEquals: ["Once"], IntervalSeconds: 1 }];
    const { output } = await runToEnd(
      await testHost(only(inline({ Retry, MaxConcurrency: 1 })), { functions: { f } }),
      [1, 2],
    );
    expect(output).toEqual([2, 3]);
  });
});

describe("a distributed Map", () => {
  it("reads JSON Lines, batches and writes the result files as AWS does", async () => {
    const objects = stored(Array.from({ length: 10 }, (_, i) => JSON.stringify({ i })).join("\n"));
    const definition = only(
      distributed({
        Label: "Batches",
        ItemReader: { ...jsonl, ReaderConfig: { InputType: "JSONL" } },
        ItemBatcher: { MaxItemsPerBatch: 4, BatchInput: { job: "{% $states.input.job %}" } },
        ResultWriter: writer,
      }),
    );
    const f: Answer = (payload) => ({ n: payload.Items.length, job: payload.BatchInput.job });
    const { output, status } = await runToEnd(await testHost(definition, { objects, functions: { f } }), { job: "J" });
    expect(status).toBe("SUCCEEDED");
    const { MapRunArn, ResultWriterDetails } = output as {
      MapRunArn: string;
      ResultWriterDetails: { Bucket: string; Key: string };
    };
    const uuid = /:mapRun:machine\/Batches:([0-9a-f-]{36})$/.exec(MapRunArn)![1]!;
    expect(ResultWriterDetails).toEqual({ Bucket: "b", Key: `out/${uuid}/manifest.json` });
    const key = `out/${uuid}/SUCCEEDED_0.json`;
    expect(objects.json("b", `out/${uuid}/manifest.json`)).toEqual({
      DestinationBucket: "b",
      MapRunArn,
      ResultFiles: {
        FAILED: [],
        PENDING: [],
        SUCCEEDED: [{ Key: key, Size: objects.contents.get(`b/${key}`)!.length }],
      },
    });
    const records = objects.json("b", key);
    expect(records.map((record: { Output: string }) => JSON.parse(record.Output).n).sort()).toEqual([2, 4, 4]);
    expect(records.find((record: { Name: string }) => record.Name === `${uuid}-2`)).toEqual({
      ExecutionArn: `arn:aws:states:us-east-1:000000000000:execution:machine/Batches:${uuid}-2`,
      Input: '{"BatchInput":{"job":"J"},"Items":[{"i":8},{"i":9}]}',
      InputDetails: { Included: true },
      Name: `${uuid}-2`,
      Output: '{"n":2,"job":"J"}',
      OutputDetails: { Included: true },
      RedriveCount: 0,
      StartDate: "2026-01-01T00:00:00.000Z",
      StateMachineArn: "arn:aws:states:us-east-1:000000000000:stateMachine:machine/Batches",
      Status: "SUCCEEDED",
      StopDate: "2026-01-01T00:00:00.000Z",
    });
  });

  it.each([
    ["JSON", { InputType: "JSON" }, "[1,2]", [1, 2]],
    ["JSON under a pointer", { InputType: "JSON", ItemsPointer: "/a/b" }, '{"a":{"b":[3]}}', [3]],
    ["CSV", { InputType: "CSV", CSVHeaderLocation: "FIRST_ROW" }, 'a,b\r\n1,"x, ""y"""\n', [{ a: "1", b: 'x, "y"' }]],
    [
      "CSV with given headers",
      { InputType: "CSV", CSVHeaderLocation: "GIVEN", CSVHeaders: ["a"], CSVDelimiter: "PIPE" },
      "1\n2",
      [{ a: "1" }, { a: "2" }],
    ],
    ["JSONL up to MaxItems", { InputType: "JSONL", MaxItems: 2 }, "1\n2\n3\n", [1, 2]],
  ])("reads %s", async (_what, ReaderConfig, text, items) => {
    const definition = only(distributed({ ItemReader: { ...jsonl, ReaderConfig } }));
    const { output } = await runToEnd(
      await testHost(definition, { objects: stored(text), functions: { f: (x) => x } }),
    );
    expect(output).toEqual(items);
  });

  it("reads a listing", async () => {
    const objects = new MemoryObjects();
    for (let i = 0; i < 3; i += 1) objects.contents.set(`b/ls/${i}`, "x");
    const ItemReader = { Resource: "arn:aws:states:::s3:listObjectsV2", Arguments: { Bucket: "b", Prefix: "ls/" } };
    const { output } = await runToEnd(
      await testHost(only(distributed({ ItemReader })), { objects, functions: { f: (x) => x } }),
    );
    expect(output).toEqual(
      [0, 1, 2].map((i) => ({
        Etag: '"e"',
        Key: `ls/${i}`,
        LastModified: 1767225600,
        Size: 1,
        StorageClass: "STANDARD",
      })),
    );
  });

  it("reads a line only when there is room for it", async () => {
    let lines = 0;
    const objects = new MemoryObjects();
    objects.get = async () => {
      const { Readable } = await import("node:stream");
      const source = async function* () {
        for (; lines < 1000; lines += 1) yield `${lines}\n`;
      };
      return Readable.from(source(), { objectMode: true, highWaterMark: 1 });
    };
    let most = 0;
    let started = 0;
    const f: Answer = async () => {
      started += 1;
      most = Math.max(most, lines - started);
      return null;
    };
    const ItemReader = { ...jsonl, ReaderConfig: { InputType: "JSONL" } };
    const definition = only(distributed({ ItemReader, MaxConcurrency: 4, ResultWriter: writer }));
    const { status } = await runToEnd(await testHost(definition, { objects, functions: { f } }));
    expect({ status, started }).toEqual({ status: "SUCCEEDED", started: 1000 });
    expect(most).toBeLessThan(20);
  });

  it.each([
    ["a missing object", jsonl, new MemoryObjects()],
    ["a line that is not JSON", { ...jsonl, ReaderConfig: { InputType: "JSONL" } }, stored("1\nnope\n")],
  ])("fails with States.ItemReaderFailed for %s, which can be caught", async (_what, ItemReader, objects) => {
    const definition = machineOf({
      A: distributed({ ItemReader, Catch: [{ ErrorEquals: ["States.ItemReaderFailed"], Next: "B" }], End: true }),
      B: { Type: "Pass", Output: "caught", End: true },
    });
    expect(await runToEnd(await testHost(definition, { objects, functions: { f: () => 1 } }))).toMatchObject({
      output: "caught",
    });
  });

  it("fails with States.ResultWriterFailed when the results cannot be written", async () => {
    const objects = new MemoryObjects();
    objects.put = async () => {
      throw new Error("no room");
    };
    const definition = only(distributed({ ResultWriter: writer }));
    const outcome = await runToEnd(await testHost(definition, { objects, functions: { f: () => 1 } }), [1]);
    expect(outcome).toMatchObject({ error: "States.ResultWriterFailed", cause: expect.stringContaining("no room") });
  });

  const failOn =
    (...bad: number[]): Answer =>
    (n) => {
      if (bad.includes(n)) throw failing("Bad");
      return n;
    };

  it.each([
    ["25 % of 4", { ToleratedFailurePercentage: 25 }, failOn(2), [1, 3, 4]],
    ["one", { ToleratedFailureCount: "{% 1 %}" }, failOn(4), [1, 2, 3]],
  ])("tolerates %s", async (_what, rest, f, output) => {
    const host = await testHost(only(distributed(rest)), { functions: { f } });
    expect(await runToEnd(host, [1, 2, 3, 4])).toMatchObject({ status: "SUCCEEDED", output });
  });

  it.each([
    ["none by default", {}, failOn(2)],
    ["a count", { ToleratedFailureCount: 1 }, failOn(1, 2)],
    ["a percentage", { ToleratedFailurePercentage: 25 }, failOn(1, 2)],
    ["both, of which one is exceeded", { ToleratedFailurePercentage: 90, ToleratedFailureCount: 1 }, failOn(1, 2)],
  ])("tolerates no more than %s", async (_what, rest, f) => {
    const outcome = await runToEnd(await testHost(only(distributed(rest)), { functions: { f } }), [1, 2, 3, 4]);
    expect(outcome).toMatchObject({ status: "FAILED", error: "States.ExceedToleratedFailureThreshold" });
    expect(outcome.events.map(({ type }) => type)).toContain("MapRunFailed");
  });

  it("says what failed, what was stopped and what never began", async () => {
    const objects = new MemoryObjects();
    const f: Answer = (n, context) => {
      if (n === 1) throw failing("Bad");
      return endless(n, context);
    };
    const definition = only(distributed({ MaxConcurrency: 2, ResultWriter: writer }));
    await runToEnd(await testHost(definition, { objects, functions: { f } }), [1, 2, 3, 4]);
    const records = (group: string) =>
      [...objects.contents].filter(([key]) => key.endsWith(`${group}_0.json`)).flatMap(([, body]) => JSON.parse(body));
    expect(records("SUCCEEDED")).toEqual([]);
    expect(records("FAILED")).toMatchObject([
      { Input: "1", Status: "FAILED", Error: "Bad" },
      { Input: "2", Status: "ABORTED" },
    ]);
    expect(records("PENDING")).toMatchObject([
      { Input: "3", Status: "PENDING" },
      { Input: "4", Status: "PENDING" },
    ]);
  });

  it("does not show outer variables to its children", async () => {
    const definition = machineOf({
      A: { Type: "Pass", Assign: { v: 1 }, Next: "M" },
      M: distributed({ Items: "{% [1] %}", End: true }, { Type: "Pass", Output: "{% $exists($v) %}", End: true }),
    });
    expect((await runToEnd(await testHost(definition))).output).toEqual([false]);
  });

  it("gives every child a history, a description and a place in the list", async () => {
    const definition = only(distributed({ ToleratedFailureCount: 1 }));
    const host = await testHost(definition, { functions: { f: failOn(2) } });
    const { events, arn } = await runToEnd(host, [1, 2, 3]);
    const types = events.map(({ type }) => type);
    expect(types.slice(1, 6)).toEqual([
      "MapStateEntered",
      "MapStateStarted",
      "MapRunStarted",
      "MapRunSucceeded",
      "MapStateSucceeded",
    ]);
    const { mapRunArn } = events.find(({ type }) => type === "MapRunStarted")!.mapRunStartedEventDetails!;
    const { executions } = await host.service.listExecutions({ mapRunArn });
    expect(executions.map(({ status }) => status)).toEqual(["SUCCEEDED", "FAILED", "SUCCEEDED"]);
    expect(await host.service.listExecutions({ mapRunArn }, { status: "FAILED" })).toMatchObject({
      executions: [{ mapRunArn }],
    });
    const failed = executions[1]!.executionArn;
    expect(await host.service.describeExecution(failed)).toMatchObject({
      status: "FAILED",
      error: "Bad",
      input: "2",
      mapRunArn,
    });
    const history = await host.service.getExecutionHistory(failed);
    expect(history.events.map(({ id, type }) => [id, type])).toEqual([
      [1, "ExecutionStarted"],
      [2, "TaskStateEntered"],
      [3, "LambdaFunctionScheduled"],
      [4, "LambdaFunctionStarted"],
      [5, "LambdaFunctionFailed"],
      [6, "ExecutionFailed"],
    ]);
    expect((await host.service.listExecutions("machine")).executions.map((entry) => entry.executionArn)).toEqual([arn]);
  });

  it("fails with States.DataLimitExceeded when the outputs outgrow a payload", async () => {
    const host = await testHost(only(distributed({})), { functions: { f: () => "x".repeat(100_000) } });
    expect(await runToEnd(host, [1, 2, 3])).toMatchObject({ error: "States.DataLimitExceeded" });
  });

  it("runs thousands of children", async () => {
    const host = await testHost(only(distributed({ MaxConcurrency: 100, ResultWriter: writer })), {
      functions: { f: (x) => x },
    });
    const { status } = await runToEnd(
      host,
      Array.from({ length: 3000 }, (_, i) => i),
    );
    const manifest = [...host.objects.contents.keys()].find((key) => key.endsWith("manifest.json"))!;
    const { ResultFiles } = host.objects.json("b", manifest.slice(2));
    const records = ResultFiles.SUCCEEDED.flatMap(({ Key }: { Key: string }) => host.objects.json("b", Key));
    expect({ status, count: records.length }).toEqual({ status: "SUCCEEDED", count: 3000 });
  });
});
