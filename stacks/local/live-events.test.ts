import { describe, expect, it } from "vitest";
import { liveEvents } from "./live-events.ts";

const event = (id: string, status: string) => `retry: 1500\n\nid: ${id}\nevent: job\ndata: {"status":"${status}"}\n\n`;
const quick = { pauseMs: 1 };

/** A function that knows the job's states one after the other. */
function teller(states: (string | { statusCode: number })[]) {
  const asked: (string | undefined)[] = [];
  const ask = async (lastEventId: string | undefined) => {
    asked.push(lastEventId);
    const state = states[Math.min(asked.length, states.length) - 1] ?? "";
    if (typeof state !== "string") return state;
    return { statusCode: 200, body: lastEventId === state ? "retry: 1500\n\n" : event(state, state) };
  };
  return { ask, asked };
}

async function textOf(reply: Awaited<ReturnType<typeof liveEvents>>): Promise<string[]> {
  if (!("stream" in reply)) throw new Error("there is no stream");
  return Array.fromAsync(reply.stream);
}

describe("live events", () => {
  it("tell each state once, and end with the job", async () => {
    const { ask, asked } = teller(["queued", "queued", "running", "running", "running", "done"]);
    const reply = await liveEvents(ask, undefined, new AbortController().signal, quick);
    expect(reply).toMatchObject({ statusCode: 200, headers: { "content-type": "text/event-stream" } });
    expect(await textOf(reply)).toEqual([
      event("queued", "queued"),
      event("running", "running"),
      event("done", "done"),
    ]);
    expect(asked).toEqual([undefined, "queued", "queued", "running", "running", "running"]);
  });

  it("go on from the last event that a client has seen", async () => {
    const { ask, asked } = teller(["running", "done"]);
    const pieces = await textOf(await liveEvents(ask, "running", new AbortController().signal, quick));
    expect(asked[0]).toBe("running");
    expect(pieces).toEqual(["retry: 1500\n\n", event("done", "done")]);
  });

  it("leave a refusal as it is, and end where one comes later", async () => {
    const refused = await liveEvents(teller([{ statusCode: 404 }]).ask, undefined, new AbortController().signal);
    expect(refused).toEqual({ statusCode: 404 });
    const deleted = await liveEvents(
      teller(["queued", { statusCode: 404 }]).ask,
      undefined,
      new AbortController().signal,
      quick,
    );
    expect(await textOf(deleted)).toEqual([event("queued", "queued")]);
  });

  it("keep a quiet connection open by comments, for a bounded time", async () => {
    const { ask } = teller(["running"]);
    const pieces = await textOf(
      await liveEvents(ask, undefined, new AbortController().signal, { pauseMs: 5, quietMs: 1, longestMs: 60 }),
    );
    expect(pieces.slice(1).length).toBeGreaterThan(0);
    expect(new Set(pieces.slice(1))).toEqual(new Set([": nothing new\n\n"]));
  });

  it("stop asking when the client has gone", async () => {
    const gone = new AbortController();
    const { ask, asked } = teller(["running"]);
    const reply = await liveEvents(ask, undefined, gone.signal, { pauseMs: 60_000 });
    const pieces = textOf(reply);
    setTimeout(() => gone.abort(), 20);
    expect(await pieces).toEqual([event("running", "running")]);
    expect(asked.length).toBe(1);
  });
});
