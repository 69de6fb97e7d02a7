import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseModelName } from "./names.ts";

describe("parseModelName", () => {
  it.each([
    ["whisper-tiny", { id: "whisper-tiny", repo: "openai/whisper-tiny" }],
    ["openai/whisper-base.en", { id: "whisper-base.en", repo: "openai/whisper-base.en" }],
    ["demo", { id: "demo" }],
    ["org/model", { id: "org--model", repo: "org/model" }],
    ["org/model@refs/pr/1", { id: "org--model", repo: "org/model", revision: "refs/pr/1" }],
    ["openai/whisper-tiny@main", { id: "openai--whisper-tiny", repo: "openai/whisper-tiny", revision: "main" }],
    ["org--model", { id: "org--model", repo: "org/model" }],
    ["mine", { id: "mine" }],
  ])("reads %s", (text, expected) => {
    const { known: _, ...name } = parseModelName(text);
    expect(name).toEqual(expected);
  });

  it("never gives an id that could leave the models' folder or meet another's files", () => {
    const piece = fc.constantFrom("a", "B9", "..", ".", "/", "\\", "@", "--", "built", ".pulling", "\0", " ", "-", "_");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), (pieces) => {
        let id: string;
        try {
          id = parseModelName(pieces.join("")).id;
        } catch (error) {
          expect(error).toMatchObject({ code: "config.invalid" });
          return;
        }
        expect(id).toMatch(/^[a-z0-9][\w.-]*$/i);
        expect(id).not.toBe("built");
      }),
    );
  });
});
