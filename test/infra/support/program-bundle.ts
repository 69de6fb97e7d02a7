import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import type * as esbuild from "esbuild";
import type { SourceEdit } from "./evaluate.ts";

// What SST's command puts in front of the program, so that CommonJS packages work in it.
const banner = `
import { createRequire as topLevelCreateRequire } from "module";
const require = topLevelCreateRequire(import.meta.url);
import { fileURLToPath as topLevelFileUrlToPath, URL as topLevelURL } from "url";
const __filename = topLevelFileUrlToPath(import.meta.url);
const __dirname = topLevelFileUrlToPath(new topLevelURL(".", import.meta.url));
`;

const external = "@pulumi/* undici @pulumiverse/* @sst-provider/* @aws-sdk/* esbuild archiver glob vite".split(" ");

export type ProgramPart = {
  name: string;
  /** The entry point's source. */
  code: string;
  define: Record<string, string>;
  /** Files that are imported into every file that uses what they export. */
  inject?: string[];
  /** Source that every file of the project begins with: SST's ambient names. */
  globals?: string;
  /** Changes to the sources; only with `globals`. */
  edits?: SourceEdit[];
  /** Source of the bundle's very first lines. */
  prelude?: string;
};

/** Bundles a part of an SST program as `sst` itself does (pkg/js/js.go). @returns the file that can be imported */
export async function bundleProgram(root: string, { name, code, define, ...part }: ProgramPart): Promise<string> {
  const platform = join(root, ".sst/platform");
  const { build } = createRequire(join(platform, "package.json"))("esbuild") as typeof esbuild;
  const outfile = join(platform, `sst.config.${process.pid}.${name}.mjs`);
  const edited = (path: string): string =>
    (part.edits ?? [])
      .filter((edit) => join(root, edit.path) === path)
      .reduce(
        (text, { from, to }) => {
          if (!text.includes(from)) throw new Error(`${path} does not contain ${from}`);
          return text.replace(from, to);
        },
        readFileSync(path, "utf8"),
      );
  const refuseStaticImports: esbuild.Plugin = {
    name: "refuse-static-imports",
    setup: ({ onResolve }) =>
      onResolve({ filter: /.*/ }, ({ importer, kind }) =>
        basename(importer) === "sst.config.ts" && kind === "import-statement"
          ? { errors: [{ text: "sst.config.ts must not have static imports: SST refuses them" }] }
          : undefined,
      ),
  };
  const addGlobals: esbuild.Plugin = {
    name: "add-globals",
    setup: ({ onLoad }) =>
      onLoad({ filter: /\.(js|ts|jsx|tsx)$/ }, ({ path }) =>
        path.startsWith(join(root, ".sst"))
          ? undefined
          : { contents: `${part.globals}\n${edited(path)}`, loader: "default" },
      ),
  };
  await build({
    ...{ outfile, define, external, bundle: true, write: true, logLevel: "silent", sourcemap: "linked" },
    ...{ platform: "node", format: "esm", mainFields: ["module", "main"], inject: part.inject ?? [] },
    banner: { js: banner + (part.prelude ?? "") },
    stdin: { contents: code, resolveDir: root, sourcefile: "eval.ts", loader: "ts" },
    nodePaths: [join(platform, "node_modules")],
    plugins: part.globals === undefined ? [refuseStaticImports] : [addGlobals],
  });
  return outfile;
}
