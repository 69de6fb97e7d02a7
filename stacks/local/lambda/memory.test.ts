import { spawnSync } from "node:child_process";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Workshop } from "./fixtures.ts";
import { detectLimiter } from "./memory/index.ts";

const best = (await detectLimiter("auto", `halfgig-test-${process.pid}`)).kind;
const kinds = [...new Set([best, "poll" as const])];

/** Source that takes memory, touches it and never gives it back. */
const grow =
  "const kept = []; const more = () => { kept.push(Buffer.alloc(4 << 20, 1)); setTimeout(more, 2); }; more();";

describe.each(kinds)("a memory limit by %s", (limiter) => {
  it("kills a function that grows over it, and the next call gets a fresh process", async () => {
    await using shop = new Workshop();
    const source = `export const handler = async (event) => { if (!event.grow) return "fine"; ${grow} await new Promise(() => {}); };`;
    const host = await shop.host([shop.fn("hungry", source, { memoryMB: 128 })], { limiter });
    expect(await host.invoke("hungry", {})).toBe("fine");
    await expect(host.invoke("hungry", { grow: true })).rejects.toMatchObject({
      errorType: "Runtime.OutOfMemory",
      errorMessage: expect.stringMatching(
        /^RequestId: \S+ Error: Runtime exited with error: signal: killed \(hungry was killed .* memory limit of 128 MB/,
      ),
    });
    expect(shop.reports[1]).toMatchObject({ outcome: "oom", errorType: "Runtime.OutOfMemory", memoryMB: 128 });
    expect(shop.reports[1]?.peakRssMiB).toBeGreaterThanOrEqual(128);
    expect(shop.reports[1]?.peakRssMiB).toBeLessThan(200);
    expect(await host.invoke("hungry", {})).toBe("fine");
  });

  it("fails the call when only a child of the function is killed", async () => {
    await using shop = new Workshop();
    const source = `import { spawn } from "node:child_process";
      export const handler = () => new Promise((resolve) => {
        spawn(process.execPath, ["-e", ${JSON.stringify(grow)}]).on("exit", () => setTimeout(() => resolve("the child is gone"), 2000));
      });`;
    const host = await shop.host([shop.fn("parent", source, { memoryMB: 160 })], { limiter });
    await expect(host.invoke("parent", {})).rejects.toMatchObject({ errorType: "Runtime.OutOfMemory" });
  });

  it("fails the call when the function does not even fit while it starts", async () => {
    await using shop = new Workshop();
    const source = `${grow} await new Promise(() => {}); export const handler = async () => 1;`;
    const host = await shop.host([shop.fn("early", source, { memoryMB: 96 })], { limiter });
    await expect(host.invoke("early", {})).rejects.toMatchObject({ errorType: "Runtime.OutOfMemory" });
    expect(shop.reports[0]).toMatchObject({ coldStart: true, outcome: "oom" });
  });

  it("leaves alone a function that streams more than its limit through the page cache", async () => {
    await using shop = new Workshop();
    const source = `import fs from "node:fs";
      export const handler = async ({ file }) => {
        const out = fs.openSync(file, "w"); const block = Buffer.alloc(1 << 20, 1);
        for (let i = 0; i < 300; i++) fs.writeSync(out, block);
        fs.closeSync(out); let sizeBytes = 0;
        for (let pass = 0; pass < 2; pass++)
          for await (const chunk of fs.createReadStream(file)) sizeBytes += chunk.length;
        return sizeBytes; };`;
    const host = await shop.host([shop.fn("streamer", source, { memoryMB: 128 })], { limiter });
    expect(await host.invoke("streamer", { file: join(shop.directory, "large") })).toBe(600 << 20);
    expect(shop.reports[0]?.peakRssMiB).toBeLessThan(128);
  });
});

describe("running out of memory in other ways", () => {
  it("is seen when V8 gives up its heap", async () => {
    await using shop = new Workshop();
    const source = `export const handler = async () => { const kept = []; for (;;) kept.push({ n: kept.length, text: "x" + kept.length }); };`;
    const environment = { NODE_OPTIONS: "--max-old-space-size=32" };
    const host = await shop.host([shop.fn("heap", source, { memoryMB: 512, environment })]);
    await expect(host.invoke("heap", {})).rejects.toMatchObject({
      errorType: "Runtime.OutOfMemory",
      errorMessage: expect.stringMatching(/JavaScript heap of heap reached its limit within 512 MB/),
    });
  });

  // A runtime whose own code is charged to its group: with so little room beside it, the kernel evicts the code.
  it("ends a function that is stuck at its limit", async () => {
    await using shop = new Workshop();
    const nodePath = join(shop.directory, "node");
    copyFileSync(process.execPath, nodePath);
    spawnSync("dd", [`if=${nodePath}`, "iflag=nocache", "count=0"]);
    spawnSync("sync", [nodePath]);
    spawnSync("dd", [`if=${nodePath}`, "iflag=nocache", "count=0"]);
    const slowly = "const kept = []; setInterval(() => kept.push(Buffer.alloc(32 << 10, 1)), 1);";
    const source = `export const handler = async () => { ${slowly} await new Promise(() => {}); };`;
    const host = await shop.host([shop.fn("stuck", source, { memoryMB: 44, timeoutSeconds: 30 })], { nodePath });
    await expect(host.invoke("stuck", {})).rejects.toMatchObject({ errorType: "Runtime.OutOfMemory" });
  });
});
