import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { withEsbuild } from "../esbuild.ts";
import { projectRoot } from "../project-root.ts";
import { sourceHash } from "../source-hash.ts";

const source = join(projectRoot, "web");
/** Where `npm run build:web` puts the page. */
export const pageDist = join(source, "dist");

/** Says what a folder was built from, and what of it the page begins with. */
export type PageBuild = { sources: string; entry: string };
const buildFile = "build.json";

/**
 * A folder with the page as it is in the sources now: `web/dist` where that is up to date, else one below `cacheDirectory`, built where it
 * is not there yet.
 * @returns undefined where this installation has no page
 */
export async function builtPage(cacheDirectory: string, { frugal = false } = {}): Promise<string | undefined> {
  if (!existsSync(join(source, "index.html"))) return undefined;
  const sources = await pageHash();
  const current = async (folder: string) => (await readBuild(folder))?.sources === sources;
  if (await current(pageDist)) return pageDist;
  const folder = join(cacheDirectory, sources);
  if (await current(folder)) return folder;
  await rm(cacheDirectory, { recursive: true, force: true });
  await buildPage(folder, { frugal });
  return folder;
}

async function readBuild(folder: string): Promise<PageBuild | undefined> {
  const text = await readFile(join(folder, buildFile), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as PageBuild);
}

/** Builds the page into a folder: scripts and styles with hashed names, and index.html with theirs. */
export async function buildPage(folder: string, { frugal = false } = {}): Promise<PageBuild> {
  const unfinished = `${folder}.${process.pid}.tmp`;
  await rm(unfinished, { recursive: true, force: true });
  const { metafile } = await withEsbuild({ frugal }, (build) =>
    build({
      entryPoints: [{ in: join(source, "main.tsx"), out: "page" }],
      outdir: join(unfinished, "assets"),
      absWorkingDir: projectRoot,
      // An image has no tsconfig.json.
      tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      jsx: "automatic",
      jsxImportSource: "preact",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "browser",
      target: ["es2022", "chrome111", "firefox115", "safari16.4"],
      entryNames: "[name]-[hash]",
      chunkNames: "[name]-[hash]",
      assetNames: "[name]-[hash]",
      minify: true,
      legalComments: "eof",
      define: { "process.env.NODE_ENV": '"production"' },
      metafile: true,
      logLevel: "error",
    }),
  );
  const outputs = Object.entries(metafile?.outputs ?? {});
  const [path = "", output] = outputs.find(([, { entryPoint }]) => entryPoint === "web/main.tsx") ?? [];
  const entry = `assets/${path.split("/").at(-1)}`;
  const style = `assets/${output?.cssBundle?.split("/").at(-1)}`;
  const html = (await readFile(join(source, "index.html"), "utf8"))
    .replace("{{script}}", `/${entry}`)
    .replace("{{style}}", `/${style}`);
  await writeFile(join(unfinished, "index.html"), html);
  await writeFile(join(unfinished, "favicon.svg"), await readFile(join(source, "favicon.svg")));
  const made: PageBuild = { sources: await pageHash(), entry };
  await writeFile(join(unfinished, buildFile), JSON.stringify(made));
  await mkdir(dirname(folder), { recursive: true });
  await rm(folder, { recursive: true, force: true });
  await rename(unfinished, folder);
  return made;
}

/** Of everything that goes into the page; packages are stood for by the lock file. */
function pageHash(): Promise<string> {
  const paths = ["package-lock.json", "stacks/local/page/build.ts", "web", "layers/transcript"];
  // What was built of it, or is being built, is no source of it.
  const wanted = (file: string) => !file.startsWith(join(pageDist, "/")) && !file.startsWith(`${pageDist}.`);
  return sourceHash(paths, { wanted });
}
