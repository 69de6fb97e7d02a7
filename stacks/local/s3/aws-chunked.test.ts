import { createHmac } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AwsChunkedDecoder, type AwsChunkedOptions } from "./aws-chunked.ts";
import { sha256Hex } from "./sigv4.ts";

/** Feeds the wire's bytes, cut at the given places, and returns the data and the trailers. */
async function decode(wire: Buffer, cuts: number[], options: AwsChunkedOptions) {
  const places = [0, ...cuts.map((cut) => cut % (wire.length + 1)).sort((a, b) => a - b), wire.length];
  const pieces = places.slice(1).map((end, index) => wire.subarray(places[index], end));
  const decoder = new AwsChunkedDecoder(options);
  const chunks: Buffer[] = [];
  const sink = new Writable({
    write(chunk: Buffer, _encoding, callback) {
      chunks.push(Buffer.from(chunk));
      callback();
    },
  });
  await pipeline(Readable.from(pieces.filter((piece) => piece.length > 0)), decoder, sink);
  return { data: Buffer.concat(chunks), trailers: decoder.trailers };
}

const signing = {
  key: Buffer.from("key"),
  timestamp: "20260101T000000Z",
  scope: "scope",
  seedSignature: "0".repeat(64),
};

function frame(chunks: Buffer[], signed: boolean): Buffer {
  let previous = signing.seedSignature;
  const framed = [...chunks, Buffer.alloc(0)].map((chunk) => {
    const text = `AWS4-HMAC-SHA256-PAYLOAD\n${signing.timestamp}\n${signing.scope}\n${previous}\n${sha256Hex("")}\n${sha256Hex(chunk)}`;
    previous = createHmac("sha256", signing.key).update(text).digest("hex");
    const header = `${chunk.length.toString(16)}${signed ? `;chunk-signature=${previous}` : ""}\r\n`;
    return Buffer.concat([Buffer.from(header), chunk, Buffer.from(chunk.length === 0 ? "" : "\r\n")]);
  });
  return Buffer.concat([...framed, Buffer.from(signed ? "\r\n" : "x-amz-checksum-crc32:AAAAAA==\r\n\r\n")]);
}

const bodies = fc.array(
  fc.uint8Array({ minLength: 1, maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  { maxLength: 5 },
);

describe("AwsChunkedDecoder", () => {
  it("gives back the data wherever the network cuts the wire", async () => {
    await fc.assert(
      fc.asyncProperty(bodies, fc.array(fc.nat(), { maxLength: 12 }), fc.boolean(), async (chunks, cuts, signed) => {
        const options = signed ? { trailer: false, signing } : { trailer: true };
        const { data, trailers } = await decode(frame(chunks, signed), cuts, options);
        expect(data.equals(Buffer.concat(chunks))).toBe(true);
        expect(trailers).toEqual(signed ? {} : { "x-amz-checksum-crc32": "AAAAAA==" });
      }),
    );
  });

  it("fails on every wire that was cut short", async () => {
    const wire = frame([Buffer.from("hello"), Buffer.from("world")], true);
    for (let length = 0; length < wire.length - 2; length++) {
      await expect(decode(wire.subarray(0, length), [], { trailer: false, signing })).rejects.toThrow();
    }
  });

  it("fails when any byte of a signed wire changes", async () => {
    const wire = frame([Buffer.from("hello")], true);
    await fc.assert(
      fc.asyncProperty(fc.nat(wire.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const changed = Buffer.from(wire);
        changed[at] = changed[at]! ^ flip;
        // Hexadecimal sizes may change their case without changing what they say.
        fc.pre(changed.toString("latin1").toLowerCase() !== wire.toString("latin1").toLowerCase());
        await expect(decode(changed, [], { trailer: false, signing })).rejects.toThrow();
      }),
    );
  });

  it.each([
    ["a size that is not hexadecimal", "xyz\r\n"],
    ["a negative size", "-1\r\n"],
    ["a chunk that is longer than it says", "3\r\nabcd\r\n0\r\n\r\n"],
    ["bytes behind the end", "0\r\n\r\nmore\r\n"],
    ["a bare line feed", "3\nabc\r\n0\r\n\r\n"],
    ["an endless line", "0".repeat(5000)],
    ["a trailer that was not announced", "0\r\na:b\r\n\r\n"],
  ])("refuses %s", async (_, wire) => {
    await expect(decode(Buffer.from(wire), [], { trailer: false })).rejects.toThrow();
  });
});
