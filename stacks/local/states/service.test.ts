import { appendFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { OpenAppendFile } from "./index.ts";
import { openAppendFile } from "./journal/journal.ts";
import type { TestClock } from "./testing/clock.ts";
import { type Answer, endless, machineOf, only, outcomeOf, runToEnd, task, testHost } from "./testing/host.ts";

const slow = only(task("f"));

async function journalOf(directory: string): Promise<string> {
  const [file] = await readdir(join(directory, "executions"));
  return join(directory, "executions", file!);
}

describe("startExecution", () => {
  it("answers the same to the same name and input while it runs", async () => {
    const { service } = await testHost(slow, { functions: { f: endless } });
    const start = (input: unknown) => service.startExecution({ machine: "machine", name: "one", input });
    const [first, again] = await Promise.all([start({ a: 1 }), start({ a: 1 })]);
    expect(again).toEqual(first);
    expect(await start({ a: 1 })).toEqual(first);
    await expect(start({ a: 2 })).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
  });

  it("refuses a name that is used up", async () => {
    const host = await testHost(only({ Type: "Pass" }));
    await runToEnd(host, {}, "one");
    await expect(host.service.startExecution({ machine: "machine", name: "one" })).rejects.toMatchObject({
      name: "ExecutionAlreadyExists",
    });
  });

  it.each([
    ["InvalidName", { name: "a/b" }],
    ["InvalidName", { name: "x".repeat(81) }],
    ["InvalidExecutionInput", { input: "x".repeat(300_000) }],
    ["StateMachineDoesNotExist", { machine: "other" }],
  ])("refuses with %s", async (name, request) => {
    const { service } = await testHost(slow);
    await expect(service.startExecution({ machine: "machine", ...request })).rejects.toMatchObject({ name });
  });

  it("keeps names apart that a file system would not", async () => {
    const host = await testHost(only({ Type: "Pass" }));
    const outcomes = [];
    for (const name of ["a", "A", "..", "ä"]) outcomes.push(await runToEnd(host, name, name));
    expect(outcomes.map(({ output }) => output)).toEqual(["a", "A", "..", "ä"]);
  });
});

describe("lists and descriptions", () => {
  it("lists the latest first, by status and in pages", async () => {
    const { service } = await testHost(
      machineOf({ C: choice, W: { ...task("f"), End: true }, S: { Type: "Succeed" } }),
      {
        functions: { f: endless },
      },
    );
    for (const [index, name] of ["a", "b", "c"].entries()) {
      const { executionArn } = await service.startExecution({ machine: "machine", name, input: { wait: index === 1 } });
      if (index !== 1) await service.wait(executionArn);
    }
    const names = ({ executions }: Awaited<ReturnType<typeof service.listExecutions>>) =>
      executions.map(({ name }) => name);
    const page = await service.listExecutions("machine", { maxResults: 2 });
    expect(names(page)).toEqual(["c", "b"]);
    expect(names(await service.listExecutions("machine", { nextToken: page.nextToken! }))).toEqual(["a"]);
    expect(names(await service.listExecutions("machine", { status: "RUNNING" }))).toEqual(["b"]);
  });

  it("knows an execution of an earlier process", async () => {
    const first = await testHost(only({ Type: "Pass", Output: { x: 1 } }));
    const before = await runToEnd(first, { a: 1 });
    const described = await first.service.describeExecution(before.arn);
    await first.service.close();
    const second = await testHost(only({ Type: "Pass" }), { directory: first.directory });
    expect(second.resumed).toEqual([]);
    expect(await second.service.describeExecution(before.arn)).toEqual(described);
    expect(await outcomeOf(second.service, before.arn)).toEqual(before);
  });

  it.each([
    ["ExecutionDoesNotExist", "arn:aws:states:us-east-1:000000000000:execution:machine:none"],
    ["InvalidArn", "none"],
  ])("answers %s", async (name, arn) => {
    const { service } = await testHost(slow);
    await expect(service.describeExecution(arn)).rejects.toMatchObject({ name });
    await expect(service.getExecutionHistory(arn)).rejects.toMatchObject({ name });
  });
});

const choice = { Type: "Choice", Choices: [{ Condition: "{% $states.input.wait %}", Next: "W" }], Default: "S" };

describe("close and open", () => {
  it("suspends, and goes on with the definition the execution began with", async () => {
    const first = await testHost(
      machineOf({ A: task("f", { Next: "B" }), B: { Type: "Pass", Output: "old", End: true } }),
      {
        functions: { f: endless },
      },
    );
    const { executionArn } = await first.service.startExecution({ machine: "machine" });
    await first.service.close();
    const second = await testHost(only({ Type: "Pass", Output: "new" }), {
      directory: first.directory,
      functions: { f: () => 1 },
    });
    expect(second.resumed).toEqual([executionArn]);
    expect(await outcomeOf(second.service, executionArn)).toMatchObject({ status: "SUCCEEDED", output: "old" });
  });

  it.each([
    ["goes on after its host was off for longer than TimeoutSeconds", 0, "SUCCEEDED"],
    ["times out TimeoutSeconds after it was resumed", 100_000, "TIMED_OUT"],
  ])("%s", async (_name, passesMs, status) => {
    const first = await testHost(only(task("f"), { TimeoutSeconds: 100 }), { functions: { f: endless } });
    first.clock.isBusy = () => true;
    const { executionArn } = await first.service.startExecution({ machine: "machine" });
    await first.service.close();
    const clock = {
      now: () => first.clock.now() + 500_000,
      sleep: (ms: number, signal: AbortSignal) =>
        ms <= passesMs ? Promise.resolve() : new Promise<void>((_, reject) => signal.addEventListener("abort", reject)),
    };
    const f: Answer = (_payload, { signal }) => setTimeout(100, 1, { signal });
    const options = { directory: first.directory, clock: clock as TestClock, functions: { f } };
    const second = await testHost(slow, options);
    expect(await outcomeOf(second.service, executionArn)).toMatchObject({ status });
    first.clock.isBusy = () => false;
  });

  it("ends an execution whose journal is damaged in the middle, and lives on", async () => {
    const first = await testHost(slow, { functions: { f: endless } });
    const { executionArn } = await first.service.startExecution({ machine: "machine" });
    await first.service.close();
    const path = await journalOf(first.directory);
    const [line, ...rest] = (await readFile(path, "utf8")).split("\n");
    await writeFile(path, [line, "garbage", ...rest].join("\n"));
    const second = await testHost(slow, { directory: first.directory });
    expect((await second.service.describeExecution(executionArn)).status).toBe("FAILED");
    await expect(second.service.describeExecution(executionArn)).resolves.toMatchObject({
      cause: expect.stringContaining("damaged"),
    });
  });

  it("cuts a torn line off", async () => {
    const first = await testHost(slow, { functions: { f: endless } });
    const { executionArn } = await first.service.startExecution({ machine: "machine" });
    await first.service.close();
    await appendFile(await journalOf(first.directory), '{"scope":"","events":[{"id"');
    const second = await testHost(slow, { directory: first.directory, functions: { f: () => 7 } });
    expect(await outcomeOf(second.service, executionArn)).toMatchObject({ output: 7 });
  });

  it("says so when the disk refuses, and goes on later", async () => {
    let full = false;
    const openFile: OpenAppendFile = async (path) => {
      const file = await openAppendFile(path);
      const write = async (bytes: Buffer) => {
        if (full) throw new Error("ENOSPC: no space left on device");
        await file.write(bytes);
      };
      return { ...file, write };
    };
    const first = await testHost(slow, {
      openFile,
      functions: {
        f: () => {
          full = true;
          return 1;
        },
      },
    });
    const { executionArn } = await first.service.startExecution({ machine: "machine" });
    await expect(first.service.wait(executionArn)).rejects.toMatchObject({ name: "storage.unavailable" });
    await first.service.close();
    const second = await testHost(slow, { directory: first.directory, functions: { f: () => 2 } });
    expect(await outcomeOf(second.service, executionArn)).toMatchObject({ output: 2 });
  });
});
