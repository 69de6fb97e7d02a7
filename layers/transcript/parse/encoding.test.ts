import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { transcriptText } from "./encoding.ts";

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");

describe("transcriptText", () => {
  it.each([
    ["UTF-8", Buffer.from("Größe 日本 😀")],
    ["UTF-8 with a mark", Buffer.from("\ufeffGröße 日本 😀")],
    ["UTF-16, little end first", utf16("Größe 日本 😀")],
    ["UTF-16, big end first", utf16("Größe 日本 😀").swap16()],
  ])("reads %s", (_name, bytes) => {
    expect(transcriptText(bytes)).toBe("Größe 日本 😀");
  });

  it("takes other bytes for Windows-1252", () => {
    expect(transcriptText(Buffer.from([0x47, 0x72, 0xf6, 0xdf, 0x65, 0x20, 0x80, 0x93]))).toBe("Größe €“");
  });

  it("reads any bytes", () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => typeof transcriptText(bytes) === "string"));
  });
});
