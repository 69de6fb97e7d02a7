import { expect, it } from "vitest";
import type { ExecutionEnd } from "./service.ts";
import { only, task, temporaryDirectory, testHost } from "./testing/host.ts";

const definition = only(task("f"));
const functions = {
  f: () => {
    throw new Error("It broke.");
  },
};

/** One life of a host: what it was told of ends, and was done with as `done` says. */
async function life(directory: string, done: (end: ExecutionEnd) => Promise<boolean> | undefined) {
  const heard: ExecutionEnd[] = [];
  const onEnd = (end: ExecutionEnd) => {
    heard.push(end);
    return done(end);
  };
  const { service } = await testHost(definition, { directory, functions, onEnd });
  return { service, heard };
}

const never = () => new Promise<boolean>(() => undefined);

it("tells of an end again, as it was, at every start until somebody was done with it", async () => {
  const directory = await temporaryDirectory();
  const first = await life(directory, never);
  const { executionArn } = await first.service.startExecution({ machine: "machine", name: "job" });
  await first.service.wait(executionArn);
  await first.service.close();
  expect(first.heard).toMatchObject([{ executionArn, name: "job", status: "FAILED", error: "Error" }]);

  const second = await life(directory, async () => false);
  await second.service.close();
  expect(second.heard).toEqual(first.heard);
  const third = await life(directory, async () => true);
  await third.service.close();
  expect(third.heard).toEqual(first.heard);
  const fourth = await life(directory, never);
  expect(fourth.heard).toEqual([]);
  expect(await fourth.service.describeExecution(executionArn)).toMatchObject({ status: "FAILED", error: "Error" });
});

it("tells once of an end that nobody takes longer over", async () => {
  const directory = await temporaryDirectory();
  const first = await life(directory, () => undefined);
  await first.service.wait((await first.service.startExecution({ machine: "machine" })).executionArn);
  await first.service.close();
  expect(first.heard).toHaveLength(1);
  expect((await life(directory, never)).heard).toEqual([]);
});
