import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Workshop } from "./fixtures.ts";
import { Starts } from "./starts.ts";

describe("turns to start an environment", () => {
  it("go to so many at once, and then in the order of asking; who gives up is passed over", async () => {
    const starts = new Starts(1);
    await starts.enter();
    const order: string[] = [];
    const gaveUp = new AbortController();
    const ask = (name: string, signal?: AbortSignal) =>
      starts.enter(signal).then(
        () => void order.push(name),
        () => void order.push(`not ${name}`),
      );
    const all = [ask("first"), ask("second", gaveUp.signal), ask("third")];
    gaveUp.abort(new Error("gave up"));
    await pause(0);
    expect(order).toEqual(["not second"]);
    starts.leave();
    await pause(0);
    expect(order).toEqual(["not second", "first"]);
    starts.leave();
    await Promise.all(all);
    expect(order).toEqual(["not second", "first", "third"]);
    starts.leave();
    await starts.enter();
  });
});

describe("many short calls at once", () => {
  it("are answered by few environments, because one that is free takes the call of one that would have to start", async () => {
    await using shop = new Workshop();
    const functions = ["a", "b", "c"].map((name) => shop.fn(name, "export const handler = async () => 1;"));
    const host = await shop.host(functions);
    const calls = functions.flatMap(({ name }) => Array.from({ length: 20 }, () => host.invoke(name, {})));
    expect((await Promise.all(calls)).every((answer) => answer === 1)).toBe(true);
    expect(shop.reports).toHaveLength(60);
    const cold = shop.reports.filter(({ coldStart }) => coldStart).length;
    expect(cold).toBeGreaterThanOrEqual(3);
    expect(cold).toBeLessThan(30);
    expect(Object.values(host.status()).map(({ busy, queued }) => [busy, queued])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it("start few environments where memory is shared: a line is served before its environment makes room", async () => {
    await using shop = new Workshop();
    const functions = ["a", "b"].map((name) =>
      shop.fn(name, "export const handler = async () => 1;", { room: "api", concurrency: 1 }),
    );
    const host = await shop.host(functions, { rooms: { api: 256 } });
    const calls = Array.from({ length: 10 }, () => functions.map(({ name }) => host.invoke(name, {}))).flat();
    expect((await Promise.all(calls)).every((answer) => answer === 1)).toBe(true);
    expect(shop.reports).toHaveLength(20);
    expect(shop.reports.filter(({ coldStart }) => coldStart).length).toBeLessThanOrEqual(6);
    expect(host.status()).toMatchObject({ a: { busy: 0, queued: 0 }, b: { busy: 0, queued: 0 } });
  });

  it("wait no longer for an environment that cannot start", async () => {
    await using shop = new Workshop();
    const broken = shop.fn("broken", "throw new Error('no');");
    const host = await shop.host([broken, shop.fn("sound", "export const handler = async () => 1;")]);
    const failures = Array.from({ length: 4 }, () =>
      host.invoke("broken", {}).then(
        () => "answered",
        () => "failed",
      ),
    );
    expect(await host.invoke("sound", {})).toBe(1);
    expect(new Set(await Promise.all(failures))).toEqual(new Set(["failed"]));
  });
});
