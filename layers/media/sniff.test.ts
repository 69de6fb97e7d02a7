import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MediaError } from "../core/index.ts";
import { sniff } from "./sniff.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");

describe("sniff", () => {
  it.each([
    ["\0\0\0\x20ftypisom", ["mov"]],
    ["\0\0\0\x08free\0\0", ["mov"]],
    ["\x1a\x45\xdf\xa3", ["matroska"]],
    ["RIFF\xff\xff\xff\xffWAVEfmt ", ["wav"]],
    ["RF64\xff\xff\xff\xffWAVEds64", ["wav"]],
    ["fLaC", ["flac"]],
    ["OggS", ["ogg"]],
    [`\x47${"\0".repeat(187)}\x47`, ["mpegts"]],
  ])("knows %j", (head, demuxers) => {
    expect(sniff(bytes(head)).demuxers).toEqual(demuxers);
  });

  it.each([
    ["ID3\x04\0\0\0\0\x01\0", "with a tag"],
    ["\xff\xfb\x90\x64\0\0", "MPEG audio"],
    ["\xff\xf1\x50\x80\0\0", "ADTS"],
    ["\0", "one byte"],
    ["\0#EXTM3U\nfile:///etc/passwd", "a playlist in disguise"],
  ])("lets ffmpeg choose among streams of frames for %j (%s), never a playlist", (head) => {
    expect(sniff(bytes(head)).demuxers).toEqual(["mp3", "aac", "ac3", "eac3", "flac", "mpegts"]);
  });

  it.each([
    ["<!DOCTYPE html><html>", "web page"],
    ["  \n<HTML>", "web page"],
    ["#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd", "playlist"],
    ["\xef\xbb\xbf#EXTM3U\n", "playlist"],
    ["ffconcat version 1.0\nfile /etc/passwd", "playlist"],
    ["\x89PNG\r\n\x1a\n", "PNG"],
    ["PK\x03\x04\x14\0\0\0moov", "ZIP"],
    ["RIFF\0\0\0\0WEBPVP8 ", "WebP"],
    ["%PDF-1.7", "PDF"],
    ['{"a": 1}', "JSON"],
    ["Hello, this is a letter.", "text"],
    ["\xff\xfeH\0i\0", "text"],
    [Buffer.from("Привет, это письмо").toString("latin1"), "text"],
  ])("refuses %j as %s", (head, name) => {
    expect(() => sniff(bytes(head))).toThrow(
      expect.objectContaining({ code: "media.not_media", message: expect.stringContaining(name) }),
    );
  });

  it("decides on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (head) => {
        try {
          expect(sniff(Buffer.from(head)).demuxers.length).toBeGreaterThan(0);
        } catch (error) {
          expect(error).toBeInstanceOf(MediaError);
        }
      }),
    );
  });
});
