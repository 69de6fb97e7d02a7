import { readdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DemoHost, openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { readTranscript, send, sendAndWait, textOf } from "./support/send.ts";

const key = "sk-only-for-infer";
let service: Server;
let requests: { authorization: string | undefined; bytes: number }[];
let demo: DemoHost;

beforeAll(async () => {
  requests = [];
  service = createServer((request, response) => {
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    request.on("end", () => {
      requests.push({ authorization: request.headers.authorization, bytes });
      // The first request of all meets a service that is busy.
      response.writeHead(requests.length === 1 ? 503 : 200, { "content-type": "application/json", "retry-after": "0" });
      response.end(
        JSON.stringify({ language: "german", text: "Hallo.", segments: [{ start: 0.2, end: 1.1, text: " Hallo." }] }),
      );
    });
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(service.address() as AddressInfo).port}/v1`;
  demo = await openDemoHost({ ASR_PROVIDER: "openai", OPENAI_API_KEY: key, OPENAI_BASE_URL: url });
});
afterAll(async () => {
  await demo[Symbol.asyncDispose]();
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
});

/** The text of every file that the host wrote, but for the objects themselves and its compiled functions. */
async function everythingWritten(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes("bundles"));
  return (await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), "latin1")))).join("\n");
}

describe("ASR_PROVIDER=openai", () => {
  it("has every window recognised by the service, and accounts for the file as always", async () => {
    const job = await sendAndWait(demo.api, sample.german);
    expect(job).toMatchObject({ status: "done", language: { code: "de" }, ledgerMs: { failed: 0 } });
    const transcript = await readTranscript(demo.api, job.jobId);
    expect(transcript).toMatchObject({ mode: "openai", tasks: ["transcribe"], model: { id: "whisper-1" } });
    expect(textOf(transcript)).toBe(Array.from({ length: job.windows ?? 0 }, () => "Hallo.").join(" "));
    expect(requests.length).toBe((job.windows ?? 0) + 1);
    expect(requests.every(({ authorization }) => authorization === `Bearer ${key}`)).toBe(true);
  });

  it("refuses what the service cannot do before anything is uploaded", async () => {
    await expect(send(demo.api, sample.german, { mode: "exact" })).rejects.toThrow(
      /options\.mode.*ASR_PROVIDER=openai/,
    );
    await expect(send(demo.api, sample.german, { task: "language" })).rejects.toThrow(/options\.task/);
    await expect(send(demo.api, sample.german, { beamSize: 3 })).rejects.toThrow(/options\.beamSize/);
  });

  it("never writes the key anywhere", async () => {
    expect(await everythingWritten(demo.directory)).not.toContain(key);
  });
});
