import { describe, expect, it } from "vitest";
import { failing, functionArn, machineOf, only, runToEnd, task, testHost } from "./testing/host.ts";

describe("history", () => {
  it("counts ids without gaps and names the events as AWS does", async () => {
    const { events } = await runToEnd(await testHost(only(task("f")), { functions: { f: () => 1 } }), { a: 1 });
    expect(events.map(({ id, previousEventId, type }) => [id, previousEventId, type])).toEqual([
      [1, 0, "ExecutionStarted"],
      [2, 1, "TaskStateEntered"],
      [3, 2, "LambdaFunctionScheduled"],
      [4, 3, "LambdaFunctionStarted"],
      [5, 4, "LambdaFunctionSucceeded"],
      [6, 5, "TaskStateExited"],
      [7, 6, "ExecutionSucceeded"],
    ]);
    expect(events[0]).toMatchObject({ executionStartedEventDetails: { input: '{"a":1}' } });
    expect(events[1]).toMatchObject({ stateEnteredEventDetails: { name: "A", input: '{"a":1}' } });
    expect(events[5]).toMatchObject({ stateExitedEventDetails: { name: "A", output: "1" } });
    expect(events[6]).toMatchObject({ executionSucceededEventDetails: { output: "1" } });
  });

  it("gives the service integration's events their resource", async () => {
    const Arguments = { FunctionName: functionArn("f"), Payload: {} };
    const definition = machineOf({
      A: {
        Type: "Task",
        Resource: "arn:aws:states:::lambda:invoke",
        Arguments,
        TimeoutSeconds: 9,
        Catch: [{ ErrorEquals: ["E"], Next: "B", Assign: { e: 1 } }],
        End: true,
      },
      B: { Type: "Succeed" },
    });
    const f = () => {
      throw failing("E", "m");
    };
    const { events } = await runToEnd(await testHost(definition, { functions: { f } }));
    const resource = { resourceType: "lambda", resource: "invoke" };
    expect(events[2]).toMatchObject({
      type: "TaskScheduled",
      taskScheduledEventDetails: { ...resource, timeoutInSeconds: 9, parameters: JSON.stringify(Arguments) },
    });
    expect(events[4]).toMatchObject({
      type: "TaskFailed",
      taskFailedEventDetails: { ...resource, error: "E", cause: '{"errorType":"E","errorMessage":"m"}' },
    });
    expect(events[5]).toMatchObject({
      type: "TaskStateExited",
      stateExitedEventDetails: { assignedVariables: { e: "1" } },
    });
  });

  it("threads previousEventId through the branches", async () => {
    const pass = (name: string) => ({ StartAt: name, States: { [name]: { Type: "Pass", End: true } } });
    const { events } = await runToEnd(await testHost(only({ Type: "Parallel", Branches: [pass("P"), pass("Q")] })));
    const started = events.find(({ type }) => type === "ParallelStateStarted")!;
    const entered = events.filter(({ type }) => type === "PassStateEntered");
    expect(entered.map(({ previousEventId }) => previousEventId)).toEqual([started.id, started.id]);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  });

  it("pages forwards and backwards", async () => {
    const host = await testHost(only(task("f")), { functions: { f: () => 1 } });
    const { arn, events } = await runToEnd(host);
    for (const reverse of [false, true]) {
      const seen = [];
      let nextToken: string | undefined;
      do {
        const page = await host.service.getExecutionHistory(arn, {
          reverse,
          maxResults: 3,
          ...(nextToken ? { nextToken } : {}),
        });
        seen.push(...page.events);
        nextToken = page.nextToken;
      } while (nextToken);
      expect(seen).toEqual(reverse ? events.toReversed() : events);
    }
  });
});
