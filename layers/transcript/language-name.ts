const names = new Intl.DisplayNames(["en"], { type: "language" });

/** `German` for `de`; the code itself where nobody knows better. */
export function languageName(code: string): string {
  if (code === "und") return "unknown language";
  try {
    return names.of(code) ?? code;
  } catch {
    return code;
  }
}

/** `English, German`: the languages of a job's record, the one spoken longest first; undefined where nobody looked. Earlier records name one. */
export function namesOfLanguages({
  language,
  languages = [],
}: {
  language?: { code: string } | undefined;
  languages?: readonly { code: string }[] | undefined;
}): string | undefined {
  if (!language) return undefined;
  const codes = languages.length > 0 ? languages.map(({ code }) => code) : [language.code];
  return codes.map(languageName).join(", ");
}
