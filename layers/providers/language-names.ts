/** The languages of Whisper (LANGUAGES in whisper/tokenizer.py); services of its kind know these. */
const codes =
  "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml cy sk te fa lv bn " +
  "sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my " +
  "bo tl mg as tt haw ln ha ba jw su yue";

/** Where the reference's name is not Unicode's. */
const otherNames: Record<string, string> = {
  "haitian creole": "ht",
  haitian: "ht",
  javanese: "jw",
  myanmar: "my",
  burmese: "my",
  nynorsk: "nn",
  tagalog: "tl",
  mandarin: "zh",
  castilian: "es",
  valencian: "ca",
  flemish: "nl",
  moldavian: "ro",
  moldovan: "ro",
  sinhalese: "si",
  panjabi: "pa",
  pushto: "ps",
  letzeburgesch: "lb",
};

/** Those of them by which the reference calls a language. */
const referenceNames = new Set(["haitian creole", "javanese", "myanmar", "nynorsk", "tagalog"]);

let byName: Map<string, string> | undefined;

/** A code for what a service calls a language: `english`, `en`, `en-US`. `und` where nobody knows it. */
export function languageCode(name: string): string {
  const text = name.trim().toLowerCase();
  byName ??= new Map([...unicodeNames(), ...Object.entries(otherNames)]);
  const known = byName.get(text);
  if (known) return known;
  const [base = ""] = text.split(/[-_]/);
  return /^[a-z]{2,3}$/.test(base) ? base : "und";
}

/** What the reference and services of its kind call a language: `english`. The code itself where they have no name for it. */
export function languageName(code: string): string {
  const own = Object.entries(otherNames).find(([name, known]) => known === code && referenceNames.has(name));
  return own?.[0] ?? unicodeNames().find(([, known]) => known === code)?.[0] ?? code;
}

function unicodeNames(): [string, string][] {
  const names = new Intl.DisplayNames("en", { type: "language", languageDisplay: "standard" });
  return codes.split(" ").map((code) => [(names.of(code) ?? code).toLowerCase(), code]);
}
