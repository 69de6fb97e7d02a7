import { XMLParser, XMLValidator } from "fast-xml-parser";
import { S3Error } from "./errors.ts";

/** Text, a list (the element is repeated), or children. `undefined` leaves the element out. */
export type XmlValue = string | number | boolean | undefined | XmlValue[] | { [name: string]: XmlValue };

const namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

/**
 * Control characters are written as character references although XML 1.0 forbids them, because a key may hold them and S3
 * does the same; clients that care ask for `encoding-type=url`.
 */
function escapeText(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the control characters are what has to be escaped
  return text.replace(/[&<>"'\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, (char) => `&#${char.charCodeAt(0)};`);
}

function render(value: XmlValue): string {
  if (value === undefined) return "";
  if (Array.isArray(value)) return value.map(render).join("");
  if (typeof value !== "object") return escapeText(String(value));
  return Object.entries(value)
    .map(([name, child]) => {
      if (child === undefined) return "";
      const children = Array.isArray(child) ? child : [child];
      return children.map((item) => `<${name}>${render(item)}</${name}>`).join("");
    })
    .join("");
}

/** An S3 response document. Error documents carry no namespace. */
export function xmlDocument(root: string, value: XmlValue, options: { namespace?: boolean } = {}): string {
  const attribute = options.namespace === false ? "" : ` xmlns="${namespace}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${render(value)}</${root}>`;
}

const named: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** One pass, so that `&amp;lt;` stays `&lt;`. */
function unescapeText(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|(\w{1,8}));/g, (_, decimal, hex, name) => {
    if (name !== undefined) {
      const char = named[name];
      if (char === undefined) throw new S3Error("MalformedXML", `The entity &${name}; is not defined.`);
      return char;
    }
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new S3Error("MalformedXML");
    return String.fromCodePoint(code);
  });
}

const parser = new XMLParser({
  ignoreAttributes: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  // Entities are decoded by unescapeText: the parser must not expand anything a stranger defines.
  processEntities: false,
  isArray: (name) =>
    ["Object", "Part", "Tag", "CORSRule", "AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader"].includes(
      name,
    ),
});

/** A parsed request document: elements are looked up by name, text is decoded. */
export class XmlElement {
  readonly #value: unknown;

  constructor(value: unknown) {
    this.#value = value;
  }

  #child(name: string): unknown {
    return typeof this.#value === "object" && this.#value !== null
      ? (this.#value as Record<string, unknown>)[name]
      : undefined;
  }

  text(name: string): string | undefined {
    const child = this.#child(name);
    const value = Array.isArray(child) ? child[0] : child;
    return typeof value === "string" ? unescapeText(value) : undefined;
  }

  /** The text of a child that must be there. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw new S3Error("MalformedXML", `The element ${name} is missing.`);
    return value;
  }

  element(name: string): XmlElement {
    return new XmlElement(this.#child(name));
  }

  elements(name: string): XmlElement[] {
    const child = this.#child(name);
    if (child === undefined) return [];
    return (Array.isArray(child) ? child : [child]).map((item) => new XmlElement(item));
  }

  texts(name: string): string[] {
    const child = this.#child(name);
    if (child === undefined) return [];
    return (Array.isArray(child) ? child : [child]).map((item) => unescapeText(String(item)));
  }
}

/** Parses a request document whose root must be `root`. Throws MalformedXML; document types are refused. */
export function parseXml(text: string, root: string): XmlElement {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new S3Error("MalformedXML", "Document types are not accepted.");
  if (XMLValidator.validate(text) !== true) throw new S3Error("MalformedXML");
  let parsed: Record<string, unknown>;
  try {
    parsed = parser.parse(text);
  } catch (cause) {
    throw new S3Error("MalformedXML", undefined, { cause });
  }
  if (!(root in parsed)) throw new S3Error("MalformedXML", `The root element must be ${root}.`);
  return new XmlElement(parsed[root]);
}
