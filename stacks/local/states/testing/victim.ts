/** A host in a process of its own, for tests that kill it. Arguments: its directory, and a file that tells of every call. */
import { appendFileSync } from "node:fs";
import { Readable } from "node:stream";
import { StatesService } from "../index.ts";
import { longJob } from "./long-job.ts";

const [directory, log] = process.argv.slice(2) as [string, string];

const service = new StatesService({
  directory,
  machines: [{ name: "machine", definition: longJob }],
  maxConcurrency: 3,
  async invoke(_name, payload) {
    appendFileSync(log, `${JSON.stringify(payload)}\n`);
    await new Promise((resolve) => setTimeout(resolve, 2));
    return payload;
  },
  objects: {
    get: async () => Readable.from([Array.from({ length: 60 }, (_, i) => `${i}\n`).join("")]),
    put: async () => {},
    async *list() {},
  },
});

const { resumed } = await service.open();
if (resumed.length === 0)
  resumed.push((await service.startExecution({ machine: "machine", name: "job" })).executionArn);
const arn = resumed[0]!;
process.send?.("running");
const { status, output } = await service.wait(arn);
process.send?.({ status, output });
await service.close();
process.disconnect?.();
