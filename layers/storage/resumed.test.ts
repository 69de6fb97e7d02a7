import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resumed } from "./resumed.ts";

const aborted = () => Object.assign(new Error("aborted"), { code: "ECONNRESET" });

/** Ends as a connection does that breaks after so many characters. */
async function* cut(content: string, after: number, error: Error = aborted()) {
  yield Buffer.from(content.slice(0, after));
  if (after < content.length) throw error;
}

describe("a body whose connection breaks", () => {
  it("goes on with the byte after the last that came, wherever it broke", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme-ascii", minLength: 1 }),
        fc.array(fc.nat(20), { maxLength: 4 }),
        async (content, cuts) => {
          const left = [...cuts];
          const open = (from: number) => Readable.from(cut(content.slice(from), left.shift() ?? content.length));
          expect(await text(resumed(open(0), async (from) => open(from), "k"))).toBe(content);
        },
      ),
    );
  });

  it("is given up after the fifth break, as storage that does not answer", async () => {
    let opened = 0;
    const open = () => {
      opened++;
      return Readable.from(cut("content", 0));
    };
    await expect(text(resumed(open(), async () => open(), "k"))).rejects.toMatchObject({ code: "storage.unavailable" });
    expect(opened).toBe(5);
  });

  it("is not asked for again after any other error, or when its reader has gone", async () => {
    const reopen = () => Promise.reject(new Error("asked again"));
    const wrong = Readable.from(cut("content", 3, new Error("checksum")));
    await expect(text(resumed(wrong, reopen, "k"))).rejects.toThrow("checksum");
    const source = Readable.from(["a", "b", "c"].map((letter) => Buffer.from(letter)));
    const body = resumed(source, reopen, "k");
    for await (const _ of body) break;
    expect(body.destroyed).toBe(true);
    await expect.poll(() => source.destroyed).toBe(true);
  });
});
