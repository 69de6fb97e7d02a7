import { jobOptionsSchema } from "../layers/storage/job-options.ts";
import type { JobFlags } from "./job-flags.ts";

/** For `parseArgs`: how what is behind an address is fetched. */
export const urlFlags = {
  captions: { type: "string" },
  "caption-languages": { type: "string" },
  "max-height": { type: "string" },
} as const;

/** True for what is fetched and not read from the disk. */
export const isAddress = (file: string): boolean => /^https?:\/\//i.test(file);

type Values = { [Flag in keyof typeof urlFlags]?: string | undefined };

/** @param refuse throws the command line's own error; so does `wholeNumber` */
export function parseUrlFlags(
  values: Values,
  files: readonly string[],
  wholeNumber: (option: string, text: string, least: number, most: number) => number,
  refuse: (message: string) => never,
): JobFlags {
  const given = {
    captions: values.captions,
    captionLanguages: values["caption-languages"]?.split(",").map((tag) => tag.trim()),
    maxHeight:
      values["max-height"] === undefined ? undefined : wholeNumber("--max-height", values["max-height"], 72, 4320),
  };
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (Object.keys(options).length === 0) return {};
  if (!files.some(isAddress)) refuse("--captions, --caption-languages and --max-height belong to an address.");
  const parsed = jobOptionsSchema.safeParse({ ...options, url: files.find(isAddress) });
  if (parsed.success) return options as JobFlags;
  const [issue] = parsed.error.issues;
  const flag = issue?.path[0] === "captions" ? "--captions" : "--caption-languages";
  return refuse(`${flag}: ${issue?.message}.`);
}
