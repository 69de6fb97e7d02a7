/** The text of a WebVTT cue: tags are dropped (voices, classes, karaoke times), then escapes are resolved. */
export function vttText(text: string): string {
  return text.replace(/<[^<>]*>/g, "").replace(escapes, resolve);
}

/** The text of a SubRip cue, which has no escapes: the tags that players know are dropped, and positions in braces. */
export function srtText(text: string): string {
  return text.replace(/<\/?(?:b|i|u|s|c|v|font|ruby|rt)(?:\s[^<>]*)?>/gi, "").replace(/\{\\[^{}]*\}/g, "");
}

const escapes = /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|nbsp|lrm|rlm|quot|apos));/gi;
const named: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  nbsp: " ",
  lrm: "\u200e",
  rlm: "\u200f",
  quot: '"',
  apos: "'",
};

function resolve(_match: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return named[name.toLowerCase()] ?? "";
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number(decimal);
  return code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
}
