import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until, Workshop } from "./fixtures.ts";
import type { LambdaHost } from "./index.ts";

/** Answers when the file that the event names is there. */
const waits = `import { existsSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
export const handler = async ({ file }) => { while (file && !existsSync(file)) await setTimeout(5); return "done"; };`;

const outcome = (call: Promise<unknown>) =>
  call.then(
    (value) => value,
    (error: Error) => error.name,
  );

async function one(shop: Workshop): Promise<{ host: LambdaHost; first: Promise<unknown>; go(): void }> {
  const file = join(shop.directory, "go");
  const host = await shop.host([shop.fn("f", waits, { concurrency: 1 })]);
  const first = host.invoke("f", { file }, { patience: { mostWaiting: 0, waitMs: 10_000 } });
  await until(() => host.status().f?.busy === 1);
  return { host, first, go: () => writeFileSync(file, "") };
}

describe("a call of somebody who does not wait for ever", () => {
  it("is refused at once where the line is full, as Lambda throttles; those in line are served", async () => {
    await using shop = new Workshop();
    const { host, first, go } = await one(shop);
    const patience = { mostWaiting: 1, waitMs: 60_000 };
    const second = host.invoke("f", {}, { patience });
    expect(await outcome(host.invoke("f", {}, { patience }))).toBe("TooManyRequestsException");
    // The workflow's own calls wait.
    const patient = host.invoke("f", {});
    go();
    expect(await Promise.all([first, second, patient])).toEqual(["done", "done", "done"]);
  });

  it("leaves the line when its patience ends, and one that has begun is not touched by it", async () => {
    await using shop = new Workshop();
    const { host, first, go } = await one(shop);
    const late = host.invoke("f", {}, { patience: { mostWaiting: 10, waitMs: 1 } });
    expect(await outcome(late)).toBe("TooManyRequestsException");
    expect(host.status().f).toMatchObject({ busy: 1, queued: 0 });
    go();
    expect(await first).toBe("done");
  });

  it("leaves the line when its caller has gone, and goes on where it has begun", async () => {
    await using shop = new Workshop();
    const { host, first, go } = await one(shop);
    const caller = new AbortController();
    const waiting = host.invoke("f", {}, { patience: { mostWaiting: 10, waitMs: 60_000, gone: caller.signal } });
    expect(host.status().f?.queued).toBe(1);
    caller.abort();
    expect(await outcome(waiting)).toBe("TooManyRequestsException");
    expect(host.status().f?.queued).toBe(0);
    go();
    expect(await first).toBe("done");
    expect(shop.reports.map((report) => report.outcome)).toEqual(["ok"]);
  });

  it("leaves the line for memory too", async () => {
    await using shop = new Workshop();
    const functions = ["f", "g"].map((name) => shop.fn(name, waits, { room: "api" }));
    const host = await shop.host(functions, { rooms: { api: 256 } });
    const file = join(shop.directory, "go");
    const first = host.invoke("f", { file });
    await until(() => host.status().f?.environments === 1);
    const waiting = host.invoke("g", {}, { patience: { mostWaiting: 10, waitMs: 1 } });
    expect(await outcome(waiting)).toBe("TooManyRequestsException");
    expect(host.status().g).toMatchObject({ busy: 0, queued: 0 });
    writeFileSync(file, "");
    expect(await first).toBe("done");
    expect(await host.invoke("g", {})).toBe("done");
  });
});
