import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { TestClock } from "./testing/clock.ts";
import {
  type Answer,
  distributed,
  endless,
  machineOf,
  only,
  task,
  temporaryDirectory,
  testHost,
} from "./testing/host.ts";

const dayMs = 24 * 3600 * 1000;
const journals = (directory: string) => readdir(join(directory, "executions"));

it("forgets an execution 90 days after its end, its journal and its map runs included, and not a day before", async () => {
  const directory = await temporaryDirectory();
  const clock = new TestClock();
  const definition = machineOf({ Wide: distributed({ Items: [1, 2], End: true }) });
  const { service } = await testHost(definition, { directory, clock, functions: { f: () => 1 } });
  const { executionArn } = await service.startExecution({ machine: "machine", name: "job" });
  await service.wait(executionArn);
  const [run] = (await service.getExecutionHistory(executionArn)).events.flatMap(
    ({ mapRunStartedEventDetails: details }) => (details ? [details.mapRunArn] : []),
  );

  await clock.sleep(89 * dayMs, new AbortController().signal);
  expect(await service.removeExpired()).toBe(0);
  expect((await service.describeExecution(executionArn)).status).toBe("SUCCEEDED");

  await clock.sleep(2 * dayMs, new AbortController().signal);
  expect(await service.removeExpired()).toBe(1);
  await expect(service.describeExecution(executionArn)).rejects.toThrow("There is no execution");
  await expect(service.listExecutions({ mapRunArn: run ?? "" })).rejects.toThrow("There is no map run");
  expect(await journals(directory)).toEqual([]);
  // As on AWS, the name is free again.
  const again = await service.startExecution({ machine: "machine", name: "job" });
  expect((await service.wait(again.executionArn)).status).toBe("SUCCEEDED");
});

it("does so at a start too, leaves what runs alone however old it is, and does not bring anything back at the next", async () => {
  const directory = await temporaryDirectory();
  const clock = new TestClock();
  const definition = only(task("f"));
  const f: Answer = (input: { hang?: boolean }, context) => (input.hang ? endless(input, context) : 1);
  const first = await testHost(definition, { directory, clock, functions: { f } });
  const old = await first.service.startExecution({ machine: "machine", name: "old" });
  await first.service.wait(old.executionArn);
  const slow = await first.service.startExecution({ machine: "machine", name: "slow", input: { hang: true } });
  await clock.sleep(100 * dayMs, new AbortController().signal);
  await first.service.close();

  for (let start = 0; start < 2; start++) {
    const { service } = await testHost(definition, { directory, clock, functions: { f } });
    const { executions } = await service.listExecutions("machine");
    expect(executions.map(({ name, status }) => [name, status])).toEqual([["slow", "RUNNING"]]);
    expect((await journals(directory)).every((name) => name.startsWith("slow~"))).toBe(true);
    await service.close();
  }
  expect(await readFile(join(directory, "index.jsonl"), "utf8")).toContain(slow.executionArn);
});
