import { describe, expect, it } from "vitest";
import { MemoryRoom } from "./memory-room.ts";

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a room of memory", () => {
  it("lets in what fits, and the others in the order they came", async () => {
    const room = new MemoryRoom(100);
    const entered: string[] = [];
    const enter = (name: string, sizeMB: number) => room.enter(sizeMB).then(() => entered.push(name));
    void enter("a", 60);
    void enter("large", 80);
    void enter("small", 20);
    await settled();
    // The small one would fit, but came after the large one.
    expect(entered).toEqual(["a"]);
    expect(room.waiting).toBe(2);
    room.leave(60);
    await settled();
    expect(entered).toEqual(["a", "large", "small"]);
    expect(room.usedMB).toBe(100);
  });

  it("stops who has been idle for longest, and nobody where there is room", async () => {
    const room = new MemoryRoom(100);
    const evicted: string[] = [];
    const idle = (name: string, sinceMs: number, sizeMB: number) => {
      let here = true;
      const evict = async () => {
        here = false;
        evicted.push(name);
        room.leave(sizeMB);
      };
      room.join(() => (here ? { sinceMs, evict } : undefined));
      return room.enter(sizeMB);
    };
    await idle("younger", 20, 40);
    await idle("older", 10, 40);
    await room.enter(20);
    expect(evicted).toEqual([]);
    await room.enter(30);
    expect(evicted).toEqual(["older"]);
    await room.enter(50);
    expect(evicted).toEqual(["older", "younger"]);
  });

  it("forgets who gives up, and refuses what can never fit", async () => {
    const room = new MemoryRoom(100);
    await room.enter(100);
    const abort = new AbortController();
    const waiting = room.enter(50, abort.signal);
    abort.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(room.waiting).toBe(0);
    await expect(room.enter(101)).rejects.toThrow("do not fit");
  });
});
