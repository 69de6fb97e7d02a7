import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseXml, xmlDocument } from "./xml.ts";

describe("XML", () => {
  it("gives back any text that was written", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 4 }),
        fc.string(),
        (keys, quiet) => {
          const text = xmlDocument("Delete", { Object: keys.map((Key) => ({ Key })), Quiet: quiet });
          const parsed = parseXml(text, "Delete");
          expect(parsed.elements("Object").map((object) => object.required("Key"))).toEqual(keys);
          expect(parsed.text("Quiet")).toBe(quiet);
        },
      ),
    );
  });

  it("decodes references once", () => {
    expect(parseXml("<A><B>&amp;lt;&#233;&#x1F600;&quot;</B></A>", "A").text("B")).toBe('&lt;é\u{1f600}"');
  });

  it.each([
    ["another root", "<B/>"],
    ["nothing", ""],
    ["an open element", "<A><B></A>"],
    ["a document type", '<!DOCTYPE A [<!ENTITY x "y">]><A>&x;</A>'],
    ["an unknown entity", "<A><B>&nbsp;</B></A>"],
    ["a character that is none", "<A><B>&#xD800;</B></A>"],
  ])("refuses %s", (_, text) => {
    expect(() => parseXml(text, "A").text("B")).toThrow(expect.objectContaining({ code: "MalformedXML" }));
  });
});
