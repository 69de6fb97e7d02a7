import { describe, expect, it } from "vitest";
import {
  endless,
  failing,
  functionArn,
  machineOf,
  only,
  runToEnd,
  type TestHost,
  task,
  testHost,
} from "./testing/host.ts";

async function run(definition: unknown, input: unknown = {}, functions = {}) {
  return await runToEnd(await testHost(definition, { functions }), input);
}

describe("Task", () => {
  it("evaluates Arguments, Assign and Output, and hands variables on", async () => {
    const definition = machineOf({
      A: task("f", {
        Arguments: { v: "{% $states.input.x * 2 %}" },
        Assign: { q: "{% $states.result.v %}" },
        Output: "{% $states.result %}",
        Next: "B",
      }),
      B: { Type: "Pass", Output: { q: "{% $q + 1 %}", state: "{% $states.context.State.Name %}" }, End: true },
    });
    const { output } = await run(definition, { x: 21 }, { f: (payload: unknown) => payload });
    expect(output).toEqual({ q: 43, state: "B" });
  });

  it("gives the lambda:invoke integration's result its shape", async () => {
    const invoke = { Type: "Task", Resource: "arn:aws:states:::lambda:invoke" };
    const definition = only({ ...invoke, Arguments: { FunctionName: functionArn("f"), Payload: { a: 1 } } });
    const { output } = await run(definition, {}, { f: (payload: unknown) => payload });
    expect(output).toEqual({ ExecutedVersion: "$LATEST", Payload: { a: 1 }, StatusCode: 200 });
  });

  it.each([
    ["a thrown error", failing("MyError", "it broke"), "MyError", '{"errorType":"MyError","errorMessage":"it broke"}'],
    [
      "a function's own trace",
      Object.assign(failing("TypeError", "x"), { trace: ["at f"] }),
      "TypeError",
      '{"errorType":"TypeError","errorMessage":"x","trace":["at f"]}',
    ],
    ["a runtime that died", failing("Runtime.OutOfMemory", "signal: killed"), "Runtime.OutOfMemory", "signal: killed"],
  ])("turns %s into Error and Cause", async (_what, thrown, error, cause) => {
    const outcome = await run(
      only(task("f")),
      {},
      {
        f: () => {
          throw thrown;
        },
      },
    );
    expect(outcome).toMatchObject({ status: "FAILED", error, cause });
  });

  it("times out with States.Timeout and tells the function", async () => {
    let told = false;
    const { error } = await run(
      only(task("f", { TimeoutSeconds: 1 })),
      {},
      {
        f: (payload: unknown, context: Parameters<typeof endless>[1]) => {
          context.signal.addEventListener("abort", () => {
            told = true;
          });
          return endless(payload, context);
        },
      },
    );
    expect({ error, told }).toEqual({ error: "States.Timeout", told: true });
  });

  it("fails with States.HeartbeatTimeout when the last heartbeat is too old", async () => {
    const host: TestHost = await testHost(only(task("f", { TimeoutSeconds: 500, HeartbeatSeconds: 20 })), {
      functions: {
        f: async (payload, context) => {
          for (let beat = 0; beat < 3; beat += 1) {
            await host.clock.sleep(15_000, context.signal);
            context.heartbeat();
          }
          return await endless(payload, context);
        },
      },
    });
    const { error, events } = await runToEnd(host);
    const lastedMs = Date.parse(events.at(-1)!.timestamp) - Date.parse(events[0]!.timestamp);
    expect({ error, lastedMs }).toEqual({ error: "States.HeartbeatTimeout", lastedMs: 65_000 });
  });

  it.each([
    ["a result", {}, "x".repeat(300_000)],
    ["arguments", { Arguments: { text: "{% $join($range(1, 60000, 1).$string()) %}" } }, ""],
  ])(
    "refuses %s above 256 KiB with States.DataLimitExceeded, which States.ALL does not catch",
    async (_what, rest, result) => {
      const f = () => result;
      const definition = machineOf({
        A: task("f", { ...rest, Catch: [{ ErrorEquals: ["States.ALL"], Next: "B" }], Next: "B" }),
        B: { Type: "Succeed" },
      });
      expect(await run(definition, {}, { f })).toMatchObject({ status: "FAILED", error: "States.DataLimitExceeded" });
    },
  );
});

describe("Retry", () => {
  const failsTwice = () => {
    const calls: number[] = [];
    return {
      calls,
      f: (payload: { rc: number }) => {
        calls.push(payload.rc);
        if (calls.length < 3) throw failing("MyError");
        return payload;
      },
    };
  };
  const attempt = { Arguments: { rc: "{% $states.context.State.RetryCount %}" } };

  it("backs off exponentially and counts", async () => {
    const { calls, f } = failsTwice();
    const Retry = [{ ErrorEquals: ["MyError"], IntervalSeconds: 3, BackoffRate: 2, MaxAttempts: 3 }];
    const { output, events } = await run(only(task("f", { ...attempt, Retry })), {}, { f });
    const starts = events.filter(({ type }) => type === "LambdaFunctionScheduled").map((e) => Date.parse(e.timestamp));
    expect({ output, calls }).toEqual({ output: { rc: 2 }, calls: [0, 1, 2] });
    expect([starts[1]! - starts[0]!, starts[2]! - starts[1]!]).toEqual([3000, 6000]);
  });

  it.each([
    ["MaxAttempts 0", [{ ErrorEquals: ["States.ALL"], MaxAttempts: 0 }]],
    ["MaxAttempts 1", [{ ErrorEquals: ["MyError"], MaxAttempts: 1 }]],
    ["another error", [{ ErrorEquals: ["Other", "States.Timeout"] }]],
    // "The first retrier that names the error" decides, not a later one.
    [
      "a used-up retrier before another",
      [{ ErrorEquals: ["MyError"], MaxAttempts: 1 }, { ErrorEquals: ["States.ALL"] }],
    ],
  ])("gives up: %s", async (_what, Retry) => {
    const { f } = failsTwice();
    expect(await run(only(task("f", { ...attempt, Retry })), {}, { f })).toMatchObject({
      status: "FAILED",
      error: "MyError",
    });
  });
});

describe("Catch", () => {
  const catching = (ErrorEquals: string[], rest: object = {}) =>
    machineOf({
      A: task("f", { Catch: [{ ErrorEquals, Next: "B", ...rest }], End: true }),
      B: { Type: "Pass", End: true },
    });
  const f = () => {
    throw failing("MyError", "it broke");
  };

  it.each([[["MyError"]], [["States.TaskFailed"]], [["States.ALL"]]])(
    "by %j passes the error output on",
    async (names) => {
      const { output } = await run(catching(names), {}, { f });
      expect(output).toEqual({ Error: "MyError", Cause: '{"errorType":"MyError","errorMessage":"it broke"}' });
    },
  );

  it("has Output and Assign of its own", async () => {
    const definition = machineOf({
      A: task("f", {
        Catch: [
          {
            ErrorEquals: ["MyError"],
            Assign: { why: "{% $states.errorOutput.Error %}" },
            Output: { was: "{% $states.input %}" },
            Next: "B",
          },
        ],
        End: true,
      }),
      B: { Type: "Pass", Output: { why: "{% $why %}", was: "{% $states.input.was %}" }, End: true },
    });
    expect((await run(definition, 7, { f })).output).toEqual({ why: "MyError", was: 7 });
  });

  it("States.TaskFailed does not catch a timeout, States.Timeout does", async () => {
    const timed = (name: string) =>
      machineOf({
        A: task("f", { TimeoutSeconds: 1, Catch: [{ ErrorEquals: [name], Next: "B" }], End: true }),
        B: { Type: "Pass", Output: "caught", End: true },
      });
    expect(await run(timed("States.TaskFailed"), {}, { f: endless })).toMatchObject({ error: "States.Timeout" });
    expect(await run(timed("States.Timeout"), {}, { f: endless })).toMatchObject({ output: "caught" });
  });
});

describe("Choice, Wait, Pass, Fail", () => {
  const choice = machineOf({
    C: {
      Type: "Choice",
      Choices: [{ Condition: "{% $states.input.n > 5 %}", Assign: { z: 1 }, Output: { big: true }, Next: "Y" }],
      Default: "N",
    },
    Y: { Type: "Pass", Output: { z: "{% $z %}", in: "{% $states.input %}" }, End: true },
    N: { Type: "Fail", Error: "NO", Cause: "{% 'n is ' & $string($states.input.n) %}" },
  });

  it("takes the first rule that holds, with its Assign and Output", async () => {
    expect((await run(choice, { n: 6 })).output).toEqual({ z: 1, in: { big: true } });
  });

  it("takes the default otherwise", async () => {
    expect(await run(choice, { n: 1 })).toMatchObject({ status: "FAILED", error: "NO", cause: "n is 1" });
  });

  it("fails with States.NoChoiceMatched without a default", async () => {
    const definition = machineOf({
      C: { Type: "Choice", Choices: [{ Condition: "{% false %}", Next: "Y" }] },
      Y: { Type: "Succeed" },
    });
    expect(await run(definition)).toMatchObject({ error: "States.NoChoiceMatched" });
  });

  it("loops", async () => {
    const definition = machineOf({
      A: { Type: "Pass", Assign: { n: 0 }, Next: "B" },
      B: { Type: "Pass", Assign: { n: "{% $n + 1 %}" }, Next: "C" },
      C: { Type: "Choice", Choices: [{ Condition: "{% $n < 5 %}", Next: "B" }], Default: "D" },
      D: { Type: "Succeed", Output: "{% $n %}" },
    });
    expect((await run(definition)).output).toBe(5);
  });

  it.each([
    ["Seconds", { Seconds: "{% $states.input.s %}" }],
    ["Timestamp", { Timestamp: "2026-01-01T00:01:30Z" }],
  ])("waits by %s", async (_what, wait) => {
    const { events } = await run(only({ Type: "Wait", ...wait }), { s: 90 });
    expect(events.at(-1)!.timestamp).toBe("2026-01-01T00:01:30.000Z");
  });

  it("fails with States.QueryEvaluationError where an expression yields nothing", async () => {
    const { status, error, events } = await run(only({ Type: "Pass", Output: "{% $states.input.nope %}" }));
    expect({ status, error }).toEqual({ status: "FAILED", error: "States.QueryEvaluationError" });
    expect(events.find(({ type }) => type === "EvaluationFailed")).toMatchObject({
      evaluationFailedEventDetails: { location: "Output", state: "A" },
    });
  });

  it("has the context object", async () => {
    const { output, arn } = await run(only({ Type: "Pass", Output: "{% $states.context %}" }), { a: 1 });
    expect(output).toMatchObject({
      Execution: { Id: arn, Input: { a: 1 }, StartTime: "2026-01-01T00:00:00.000Z" },
      State: { Name: "A", EnteredTime: "2026-01-01T00:00:00.000Z", RetryCount: 0 },
      StateMachine: { Name: "machine" },
    });
  });
});

describe("Parallel", () => {
  const branch = (name: string) => ({ StartAt: name, States: { [name]: { ...task(name), End: true } } });

  it("gives every branch its Arguments and the outer variables, and collects the outputs", async () => {
    const parallel = { Type: "Parallel", Arguments: { a: "{% $v %}" }, End: true };
    const pass = { Type: "Pass", Output: { a: "{% $states.input.a %}", v: "{% $v %}" }, End: true };
    const definition = machineOf({
      S: { Type: "Pass", Assign: { v: 4 }, Next: "P" },
      P: { ...parallel, Branches: [branch("f"), { StartAt: "Q", States: { Q: pass } }] },
    });
    const { output } = await run(definition, {}, { f: (payload: unknown) => payload });
    expect(output).toEqual([{ a: 4 }, { a: 4, v: 4 }]);
  });

  it("fails with the first branch and stops the others", async () => {
    let stopped = false;
    const { error, events } = await run(
      only({ Type: "Parallel", Branches: [branch("bad"), branch("slow")] }),
      {},
      {
        bad: () => {
          throw failing("Bad");
        },
        slow: (payload: unknown, context: Parameters<typeof endless>[1]) => {
          context.signal.addEventListener("abort", () => {
            stopped = true;
          });
          return endless(payload, context);
        },
      },
    );
    expect({ error, stopped }).toEqual({ error: "Bad", stopped: true });
    expect(events.map(({ type }) => type)).toContain("ParallelStateFailed");
  });
});

describe("an execution", () => {
  it("times out after its TimeoutSeconds", async () => {
    const outcome = await run(only(task("f"), { TimeoutSeconds: 5 }), {}, { f: endless });
    expect(outcome).toMatchObject({ status: "TIMED_OUT", error: "States.Timeout" });
    expect(outcome.events.at(-1)).toMatchObject({ type: "ExecutionTimedOut" });
  });

  it("can be stopped", async () => {
    const host = await testHost(only(task("f")), { functions: { f: endless } });
    const { executionArn } = await host.service.startExecution({ machine: "machine" });
    await host.service.stopExecution(executionArn, { error: "User", cause: "changed my mind" });
    expect(await host.service.describeExecution(executionArn)).toMatchObject({
      status: "ABORTED",
      error: "User",
      cause: "changed my mind",
    });
  });
});
