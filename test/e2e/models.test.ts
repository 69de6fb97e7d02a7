import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { HubServer, stallAfter } from "../../layers/models/hub/hub-server.fixture.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";
import { cliPath, halfgig } from "./support/cli.ts";
import { sample } from "./support/media.ts";

const checkpoint = join(projectRoot, "layers", "models", "demo", "whisper");
const weightsPath = "demo-org/demo/model.safetensors";

let data: string;
let hub: HubServer;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "halfgig-models-e2e-"));
  hub = await HubServer.start();
  for (const name of await readdir(checkpoint)) {
    hub.files.set(`demo-org/demo/${name}`, await readFile(join(checkpoint, name)));
  }
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(data, { recursive: true, force: true });
});

const environment = () => ({ HF_ENDPOINT: hub.url, HF_TOKEN: "hf_secret" });
const run = (...args: string[]) => halfgig([...args, "--data", data], environment());
const downloadsOfWeights = () => hub.requests.filter(({ path }) => path.endsWith("model.safetensors"));
const digits = "eins zwei drei vier fünf sechs";
const words = (text: string) => text.trim().split(/\s+/).join(" ");

describe("halfgig models", () => {
  it("pulls a model from a hub, builds it, transcribes with it, and fetches it again when it is gone", async () => {
    const pulled = await run("models", "pull", "demo-org/demo");
    expect(pulled.stderr).toContain("model.safetensors 100 % of 3.0 MB");
    expect(pulled.stdout).toMatch(new RegExp(`^demo-org--demo: fetched 3\\.\\d MB; revision ${hub.commit}`));
    expect(pulled.status).toBe(0);

    const built = await run("models", "build", "demo-org/demo");
    expect(built.stdout).toMatch(/^demo-org--demo int8: built in \d+\.\d s; \d+\.\d MB/);
    expect((await run("models", "list")).stdout).toMatch(
      /^demo-org--demo +speech +yes +int8 +\d+\.\d MB +unknown +c0ffee000000/m,
    );

    hub.requests.length = 0;
    const { status, stdout, stderr } = await run(sample.german, "--model", "demo-org/demo", "-f", "txt");
    expect(stderr).not.toContain("building");
    expect(words(stdout)).toBe(digits);
    expect(status).toBe(0);
    expect(hub.requests).toEqual([]);

    // Without the model the same command fetches and builds it first.
    await run("models", "rm", "demo-org/demo");
    const again = await run(sample.german, "--model", "demo-org/demo", "-f", "txt");
    expect(again.stderr).toMatch(/demo-org--demo is not on this machine yet; fetching it.*building/s);
    expect(words(again.stdout)).toBe(digits);
  });

  it("finds damage, says how to mend it, and mends it so", async () => {
    await run("models", "build", "demo-org/demo");
    const folder = join(data, "models", "built", (await readdir(join(data, "models", "built")))[0]!);
    for (const path of [join(data, "models", "demo-org--demo", "tokenizer.json"), join(folder, "encoder.data")]) {
      await using file = await open(path, "r+");
      await file.write(Buffer.from([7]), 0, 1, 100);
    }
    const broken = await run("models", "verify");
    expect(broken.status).toBe(1);
    expect(broken.stdout).toMatch(
      /tokenizer\.json has the SHA-256 .* `halfgig models pull demo-org--demo` fetches it again/,
    );
    expect(broken.stdout).toMatch(
      /encoder\.data has the SHA-256 .* `halfgig models build demo-org--demo --precision int8`/,
    );
    await run("models", "pull", "demo-org--demo");
    expect((await run("models", "build", "demo-org--demo")).stderr).toContain("removed graphs that were damaged");
    const mended = await run("models", "verify", "demo-org/demo");
    expect(mended.stdout).toContain("0 problems");
    expect(mended.status).toBe(0);
  });

  it("removes graphs or a whole model, and prints what that freed", async () => {
    await run("models", "build", "demo-org/demo");
    expect((await run("models", "rm", "demo-org/demo", "--builds")).stdout).toMatch(/freed \d+\.\d MB/);
    expect((await run("models", "rm", "demo-org/demo")).stdout).toMatch(/freed 3\.\d MB/);
    expect((await run("models", "rm", "demo-org/demo")).status).toBe(1);
    expect((await run("models", "list")).stdout).not.toContain("demo-org");
  });

  it("goes on after a pull that was killed, and sends the token along", async () => {
    const weights = hub.files.get(weightsPath)!;
    const tag = `"${createHash("sha256").update(weights).digest("hex")}"`;
    hub.headers = (content): Record<string, string> => (content === weights ? { "x-linked-etag": tag } : {});
    const stalled = new Promise<void>((resolve) => {
      const watch = (): void => {
        hub.faults.push((request, response, serve) => {
          watch();
          if (!request.url?.endsWith("model.safetensors")) return serve();
          hub.faults.length = 0;
          stallAfter(2_000_000)(request, response, serve);
          setTimeout(resolve, 500);
        });
      };
      watch();
    });
    const args = [cliPath, "models", "pull", "demo-org/demo", "--data", data];
    const child = spawn(process.execPath, args, { env: { ...process.env, ...environment() }, stdio: "ignore" });
    const ended = once(child, "close");
    await stalled;
    child.kill("SIGKILL");
    await ended;
    expect((await run("models", "pull", "demo-org/demo")).status).toBe(0);
    const [first, second] = downloadsOfWeights();
    expect(first?.headers.range).toBeUndefined();
    expect(second?.headers.range).toMatch(/^bytes=[1-9]\d*-$/);
    expect(second?.headers.authorization).toBe("Bearer hf_secret");
    const stored = await readFile(join(data, "models", "demo-org--demo", "model.safetensors"));
    expect(stored.equals(weights)).toBe(true);
  });

  it("lets two processes pull one model, with one download", async () => {
    const results = await Promise.all([1, 2].map(() => run("models", "pull", "demo-org/demo")));
    expect(results.map(({ status }) => status)).toEqual([0, 0]);
    expect(results.filter(({ stdout }) => stdout.includes("was there already"))).toHaveLength(1);
    expect(downloadsOfWeights()).toHaveLength(1);
  });

  it.each([
    ["an unknown action", ["sing"]],
    ["a pull of nothing", ["pull"]],
    ["two models", ["pull", "a", "b"]],
    ["an unknown precision", ["build", "demo", "--precision", "int3"]],
  ])("exits with 2 on %s", async (_name, args) => {
    expect((await run("models", ...args)).status).toBe(2);
  });
});
