import type { LockedPackage } from "./packages.ts";

/** Licences under which a package may be used here, by their SPDX names: they ask for no more than their notice to be kept. */
const allowed: ReadonlySet<string> = new Set([
  ...["MIT", "MIT-0", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "BlueOak-1.0.0"],
  ...["CC0-1.0", "CC-BY-4.0", "Unlicense", "Python-2.0", "WTFPL"],
]);

/** Packages under another licence, and why they may be used. A row that no package needs is an error. */
export const exceptions: readonly { name: RegExp; license: string; why: string }[] = [
  // Programs of their own, run as children and not linked. Who passes on an image or a layer with one passes on its source too.
  { name: /^@ffmpeg-installer\/(ffmpeg|darwin-x64)$/, license: "LGPL-2.1", why: "the package around ffmpeg" },
  {
    name: /^@ffmpeg-installer\//,
    license: "GPLv3",
    why: "ffmpeg as built for Linux and Windows; a program of its own",
  },
  {
    name: /^@ffmpeg-installer\/darwin-arm64$/,
    license: "https://git.ffmpeg.org/gitweb/ffmpeg.git/blob_plain/HEAD:/LICENSE.md",
    why: "ffmpeg as built for macOS; LGPL 2.1 or GPL 2, by its parts",
  },
  { name: /^axe-core$/, license: "MPL-2.0", why: "tests the page, unchanged; not part of what is delivered" },
  {
    name: /^lightningcss/,
    license: "MPL-2.0",
    why: "used by the test runner, unchanged; not part of what is delivered",
  },
];

export type Refused = { name: string; version: string; license: string };

/** @returns packages whose licence is not allowed, and exceptions that are not needed any more */
export function judgeLicences(packages: readonly LockedPackage[]): { refused: Refused[]; stale: string[] } {
  const needed = new Set<number>();
  const refused = packages.flatMap(({ name, version, license = "none given" }) => {
    if (isAllowed(license)) return [];
    const at = exceptions.findIndex((one) => one.name.test(name) && one.license === license);
    if (at >= 0) {
      needed.add(at);
      return [];
    }
    return [{ name, version, license }];
  });
  return { refused, stale: exceptions.filter((_, at) => !needed.has(at)).map((one) => String(one.name)) };
}

/** An SPDX expression: of alternatives one must be allowed, of conditions all. */
export function isAllowed(expression: string): boolean {
  const text = expression.trim().replace(/^\((.*)\)$/s, "$1");
  if (/[()]/.test(text)) return false;
  return text.split(/\s+OR\s+/).some((one) => one.split(/\s+AND\s+/).every((part) => allowed.has(part.trim())));
}
