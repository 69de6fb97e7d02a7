import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type OpenAppendFile, openAppendFile } from "./journal/journal.ts";
import { machineOf, task, temporaryDirectory, testHost } from "./testing/host.ts";

/** A disk that takes half of what is written, and then nothing, while it is full. */
function smallDisk() {
  const disk = {
    isFull: false,
    open: (async (path) => {
      const refusal = () => Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      if (disk.isFull && !(await stat(path).catch(() => undefined))) throw refusal();
      const file = await openAppendFile(path);
      return {
        ...file,
        async write(bytes) {
          if (!disk.isFull) return await file.write(bytes);
          await file.write(bytes.subarray(0, bytes.length / 2));
          throw refusal();
        },
      };
    }) as OpenAppendFile,
  };
  return disk;
}

const definition = machineOf({ A: task("f", { Next: "B" }), B: task("g", { End: true }) });

it("an execution whose journal finds no room goes on by itself when there is some, and says meanwhile what to do", async () => {
  const disk = smallDisk();
  const stalled: string[] = [];
  const calls: string[] = [];
  const { service } = await testHost(definition, {
    openFile: disk.open,
    onStalled: (_, error) => stalled.push(error.message),
    functions: {
      f: () => {
        // Somebody fills the disk while the first call is under way.
        disk.isFull = calls.push("f") === 1;
        return 1;
      },
      g: () => calls.push("g"),
    },
  });
  const { executionArn } = await service.startExecution({ machine: "machine", name: "job" });
  await expect(service.wait(executionArn)).rejects.toThrow(/Free some space/);
  disk.isFull = false;
  await expect.poll(async () => (await service.describeExecution(executionArn)).status).toBe("SUCCEEDED");
  expect(stalled[0]).toMatch(/no space left/);
  // Of what was done while nothing could be written down, nobody knew.
  expect(calls).toEqual(["f", "f", "g"]);
});

it("a start that finds no room is refused and leaves nothing; the same start is accepted afterwards, once and for all", async () => {
  const disk = smallDisk();
  const directory = await temporaryDirectory();
  const functions = { f: () => 1, g: () => 2 };
  const first = await testHost(definition, { directory, openFile: disk.open, functions });
  const before = await first.service.startExecution({ machine: "machine", name: "before" });
  await first.service.wait(before.executionArn);
  disk.isFull = true;
  for (let attempt = 0; attempt < 2; attempt++) {
    await expect(first.service.startExecution({ machine: "machine", name: "job" })).rejects.toMatchObject({
      code: "storage.unavailable",
    });
  }
  disk.isFull = false;
  const { executionArn } = await first.service.startExecution({ machine: "machine", name: "job" });
  expect((await first.service.wait(executionArn)).status).toBe("SUCCEEDED");
  await first.service.close();

  // Every line of the index is whole, and says the same to the next process.
  const lines = (await readFile(join(directory, "index.jsonl"), "utf8")).split("\n").filter(Boolean);
  expect(() => lines.map((line) => JSON.parse(line))).not.toThrow();
  const { service, resumed } = await testHost(definition, { directory, functions });
  expect(resumed).toEqual([]);
  const { executions } = await service.listExecutions("machine");
  expect(executions.map(({ name, status }) => `${name} ${status}`).sort()).toEqual([
    "before SUCCEEDED",
    "job SUCCEEDED",
  ]);
  expect(await readdir(join(directory, "executions"))).toHaveLength(2);
});
