import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPage, type PageBuild } from "../../stacks/local/page/index.ts";

let folder: string;
let build: PageBuild;
let scripts: Map<string, string>;
beforeAll(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "halfgig-page-")), "page");
  build = await buildPage(folder);
  const names = (await readdir(join(folder, "assets"))).filter((name) => name.endsWith(".js"));
  scripts = new Map(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, "assets", name), "utf8")] as const)),
  );
});
afterAll(() => rm(join(folder, ".."), { recursive: true, force: true }));

const kilobytes = (texts: Iterable<string>) => [...texts].reduce((sum, text) => sum + gzipSync(text).length, 0) / 1000;

/** A script and what it imports before it runs; `import()` comes later. */
function eager(name: string, seen = new Set<string>()): Set<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const imports = scripts.get(name)?.matchAll(/(?:from|import)\s*"\.\/([^"]+)"/g) ?? [];
  for (const [, other] of imports) eager(other ?? "", seen);
  return seen;
}

describe("the page's scripts", () => {
  it("are 350 kB gzipped at most, all of them together", () => {
    expect(scripts.size).toBeGreaterThan(3);
    expect(kilobytes(scripts.values())).toBeLessThan(350);
  });

  it("paint first without the libraries for media and uploads", () => {
    const first = [...eager(build.entry.split("/").at(-1) ?? "")].map((name) => scripts.get(name) ?? "");
    expect(kilobytes(first)).toBeLessThan(60);
    expect([...scripts.values()].join()).toMatch(/WaveSurfer|wavesurfer/);
    expect(first.join()).not.toMatch(/wavesurfer/i);
    expect(first.join()).not.toMatch(/uppy-/i);
  });

  it("name nobody else's server, and no source map", async () => {
    const html = await readFile(join(folder, "index.html"), "utf8");
    expect(html).not.toMatch(/https?:|<script>|style=|{{/);
    expect([...scripts.values()].join()).not.toMatch(/sourceMappingURL/);
    expect(html).toContain(`src="/${build.entry}"`);
  });
});
