import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { inferenceLayer } from "../../layers/inference/layer.ts";
import { architectures, filesBelow, platformPackage, requireIntegrity } from "../../layers/packing/index.ts";
import { requireFit, unzippedLimitBytes, uploadWay } from "../../scripts/layers/index.ts";
import { parseLayerOptions } from "../../scripts/layers/options.ts";
import { unzip } from "../../scripts/layers/unzip.ts";
import { writeZip } from "../../scripts/layers/zip.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-layers-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** The same three files, with the dates and modes of whoever wrote them. */
async function someFiles(name: string, date: Date, mode: number) {
  const folder = join(directory, name);
  await mkdir(join(folder, "deep"), { recursive: true });
  for (const [path, text] of [
    ["b.txt", "b".repeat(10_000)],
    ["a.txt", "a"],
    ["deep/é.bin", "\u0000\u0001"],
  ] as const) {
    await writeFile(join(folder, path), text);
    await chmod(join(folder, path), mode);
    await utimes(join(folder, path), date, date);
  }
  return filesBelow(folder, "");
}

describe("a zip", () => {
  it("has the same bytes whenever, wherever and in whatever order it is written", async () => {
    const zone = process.env.TZ;
    const first = await writeZip(join(directory, "1.zip"), await someFiles("one", new Date("2020-06-01"), 0o600));
    process.env.TZ = "Pacific/Auckland";
    const files = await someFiles("two", new Date("2026-01-01"), 0o755);
    const second = await writeZip(join(directory, "2.zip"), files.reverse());
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    expect(await readFile(join(directory, "2.zip"))).toEqual(await readFile(join(directory, "1.zip")));
    expect(second.sha256).toBe(first.sha256);
    const bytes = await readFile(join(directory, "1.zip"));
    expect(first.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(first).toMatchObject({ zippedBytes: bytes.length, unzippedBytes: 10_003 });
  });

  it("unpacks to what went in, and to the two modes that there are", async () => {
    const files = (await someFiles("three", new Date(), 0o640)).map((file) => ({
      ...file,
      executable: file.path === "a.txt",
    }));
    await writeZip(join(directory, "3.zip"), files);
    const out = join(directory, "out");
    await unzip(join(directory, "3.zip"), out);
    expect(await readFile(join(out, "deep", "é.bin"), "latin1")).toBe("\u0000\u0001");
    expect((await stat(join(out, "a.txt"))).mode & 0o777).toBe(0o755);
    expect((await stat(join(out, "b.txt"))).mode & 0o777).toBe(0o644);
  });

  it("is not there at all when a file cannot be read", async () => {
    const files = [...(await someFiles("four", new Date(), 0o644)), { path: "c", source: join(directory, "absent") }];
    await expect(writeZip(join(directory, "4.zip"), files)).rejects.toThrow(/absent/);
    expect(existsSync(join(directory, "4.zip"))).toBe(false);
  });

  it("does not take two files for one name", async () => {
    const files = await someFiles("five", new Date(), 0o644);
    await expect(writeZip(join(directory, "5.zip"), [...files, files[0]!])).rejects.toThrow(/twice/);
  });
});

describe("the size check", () => {
  const layers = [
    { name: "onnxruntime", unzippedBytes: 46_000_000 },
    { name: "models", unzippedBytes: unzippedLimitBytes - 47_000_000 },
  ];

  it("lets a function through that just fits", () => {
    expect(() => requireFit([{ name: "infer", codeBytes: 1_000_000, layers }])).not.toThrow();
  });

  it("names the function that is one byte over, and what its parts take", () => {
    const loads = [
      { name: "infer", codeBytes: 1_000_001, layers },
      { name: "merge", codeBytes: 1_000_000, layers: [] },
    ];
    expect(() => requireFit(loads)).toThrow(
      /infer: 262,144,001 bytes \(code 1,000,001, onnxruntime 46,000,000, models 215,144,000\)/,
    );
    expect(() => requireFit(loads)).toThrow(expect.objectContaining({ code: "layer.too_large" }));
    expect(() => requireFit(loads)).not.toThrow(/merge/);
  });

  it("sends what is over 50 MB through S3", () => {
    expect([uploadWay({ zippedBytes: 52_428_800 }), uploadWay({ zippedBytes: 52_428_801 })]).toEqual([
      "direct",
      "through S3",
    ]);
  });
});

describe("the onnxruntime layer", () => {
  it.each(architectures)("has the library of %s alone, where Lambda's runtime looks for packages", async (arch) => {
    const files = await inferenceLayer(projectRoot, arch);
    const native = files.filter(({ path }) => /\.(node|so(\.\d+)?|dll|dylib)$/.test(path)).map(({ path }) => path);
    const folder = `nodejs/node_modules/onnxruntime-node/bin/napi-v6/linux/${arch}`;
    expect(native.sort()).toEqual([`${folder}/libonnxruntime.so.1`, `${folder}/onnxruntime_binding.node`]);
    expect(files.every(({ path }) => path.startsWith("nodejs/node_modules/onnxruntime-"))).toBe(true);
  });
});

describe("a package for another processor", () => {
  it("is refused when its bytes are not those that the lock file pins", async () => {
    const path = join(directory, "package.tgz");
    await writeFile(path, "what the registry sent");
    const sha512 = createHash("sha512").update("what the registry sent").digest("base64");
    await requireIntegrity(path, `sha512-${sha512}`, "x");
    await writeFile(path, "what someone else sent");
    await expect(requireIntegrity(path, `sha512-${sha512}`, "x")).rejects.toThrow(
      expect.objectContaining({ code: "layer.source_missing" }),
    );
  });

  it("is asked for only when the lock file names it", async () => {
    const options = { projectRoot, cacheDirectory: join(directory, "packages") };
    await expect(platformPackage("@ffmpeg-installer/linux-riscv", options)).rejects.toThrow(/does not pin/);
  });
});

describe("npm run layers", () => {
  it("packs for both processors unless told otherwise, and refuses what it does not know", () => {
    expect(parseLayerOptions([]).architectures).toEqual(["arm64", "x64"]);
    expect(parseLayerOptions(["--arch", "arm64"]).architectures).toEqual(["arm64"]);
    expect(() => parseLayerOptions(["--arch", "mips"])).toThrow(/mips/);
    expect(() => parseLayerOptions(["--frobnicate"])).toThrow();
  });
});
