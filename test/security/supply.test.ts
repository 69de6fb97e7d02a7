import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { knownModels } from "../../layers/models/index.ts";
import {
  billOfMaterials,
  findSecrets,
  isAllowed,
  judgeLicences,
  knownFixtures,
  lockedPackages,
  readAudit,
  scanTree,
} from "../../scripts/supply/index.ts";
import { projectRoot } from "../../stacks/local/project-root.ts";

const packages = await lockedPackages();

describe("the lock file", () => {
  it("names one version of everything, with a hash, from the registry", () => {
    expect(packages.length).toBeGreaterThan(100);
    for (const { path, version, resolved, integrity } of packages) {
      expect(version, path).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?(\+[\w.]+)?$/);
      expect(integrity, path).toMatch(/^sha512-/);
      // Left out, it is whatever registry npm is set to; the hash says which bytes it must send.
      expect(resolved ?? "https://", path).toMatch(/^https:\/\//);
    }
  });

  it("is asked for by exact versions alone", async () => {
    const manifest = JSON.parse(await readFile(join(projectRoot, "package.json"), "utf8")) as Record<
      "dependencies" | "devDependencies",
      Record<string, string>
    >;
    const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    const loose = asked.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(loose).toEqual([]);
    const locked = new Map(packages.map(({ path, version }) => [path, version]));
    for (const [name, version] of asked) expect([name, locked.get(`node_modules/${name}`)]).toEqual([name, version]);
  });

  it("holds no package under a licence that was not thought about", () => {
    expect(judgeLicences(packages)).toEqual({ refused: [], stale: [] });
    const strange = { ...packages[0]!, name: "x", license: "SSPL-1.0" };
    expect(judgeLicences([...packages, strange]).refused).toEqual([
      { name: "x", version: strange.version, license: "SSPL-1.0" },
    ]);
    expect(judgeLicences([...packages, { ...strange, license: undefined }]).refused).toHaveLength(1);
  });
});

it.each([
  ["MIT", true],
  ["(MIT OR GPL-3.0)", true],
  ["MIT AND Apache-2.0", true],
  ["MIT AND GPL-3.0", false],
  ["GPL-2.0 OR (MIT AND GPL-3.0)", false],
  ["UNLICENSED", false],
  ["", false],
])("the licence %j is allowed: %s", (license, allowed) => {
  expect(isAllowed(license)).toBe(allowed);
});

it("the bill of materials has what is delivered and no more, and is the same twice", async () => {
  const text = await billOfMaterials(projectRoot, { omitDev: true });
  const bill = JSON.parse(text) as {
    bomFormat: string;
    components: { name: string; version: string; hashes?: object[] }[];
  };
  expect(bill.bomFormat).toBe("CycloneDX");
  const listed = new Set(bill.components.map(({ name, version }) => `${name}@${version}`));
  const delivered = new Set(packages.filter(({ dev }) => !dev).map(({ name, version }) => `${name}@${version}`));
  expect([...listed].sort()).toEqual([...delivered].sort());
  expect(await billOfMaterials(projectRoot, { omitDev: true })).toBe(text);
});

describe("models", () => {
  const published = [...knownModels.values()].filter(({ demo }) => !demo);

  it("are fetched at one revision, and their weights compared with a hash, or locked by the first pull", () => {
    const loose = published.filter(({ revision }) => revision === undefined).map(({ id }) => id);
    expect(loose).toEqual(["ast-asvspoof5", "ast-voxcelebspoof", "xlsr-pellav2"]);
    for (const { id, revision, files } of published.filter((model) => model.revision !== undefined)) {
      expect(revision, id).toMatch(/^[0-9a-f]{40}$/);
      const weights = files.filter(({ name }) => /\.(safetensors|bin|pt)$/.test(name));
      expect(weights.length, id).toBeGreaterThan(0);
      for (const { sha256 } of weights) expect(sha256, id).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe("secrets", () => {
  const characters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"];
  const letters = (length: number, of = characters) =>
    fc.array(fc.constantFrom(...of), { minLength: length, maxLength: length }).map((all) => all.join(""));
  const kinds: [string, fc.Arbitrary<string>][] = [
    ["AWS access key", letters(16, [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"]).map((one) => `AKIA${one}`)],
    ["GitHub token", letters(36).map((one) => `ghp_${one}`)],
    ["Hugging Face token", letters(34).map((one) => `hf_${one}`)],
    ["OpenAI key", letters(48).map((one) => `sk-${one}`)],
    ["npm token", letters(36).map((one) => `npm_${one}`)],
    ["halfgig key", letters(43).map((one) => `hg_${"0123456789abcdef"}_${one}`)],
    ["private key", letters(64).map((one) => `-----BEGIN ${"PRIVATE"} KEY-----\n${one}`)],
  ];

  it.each(kinds)("that look like one of this kind are found wherever they stand: %s", (kind, secret) => {
    fc.assert(
      fc.property(secret, fc.nat(5), (text, lines) => {
        const file = `${"const a = 1;\n".repeat(lines)}const key = "${text}";\n`;
        expect(findSecrets("a.ts", file)).toContainEqual({ file: "a.ts", kind, line: lines + 1 });
      }),
    );
  });

  it("are in no file that git would publish", async () => {
    const { files, findings } = await scanTree(projectRoot);
    expect(files).toBeGreaterThan(500);
    expect(findings).toEqual([]);
    for (const { file, kind } of knownFixtures) {
      const found = findSecrets(file, await readFile(join(projectRoot, file), "latin1"));
      expect(found.map((one) => one.kind)).toContain(kind);
    }
  });
});

describe("npm audit", () => {
  it("is no finding where the registry cannot be asked", () => {
    expect(readAudit("", "npm error code ENOTFOUND\nnpm error network").kind).toBe("unreachable");
    const refused = JSON.stringify({ message: "404 Not Found - POST", error: { summary: "", detail: "" } });
    expect(readAudit(refused, "")).toEqual({ kind: "unreachable", why: "404 Not Found - POST" });
  });

  it("is one for what is high or critical", () => {
    const reply = {
      vulnerabilities: { a: { severity: "high", via: [{ title: "bad" }, "b"] }, c: { severity: "low", via: [] } },
      metadata: { vulnerabilities: { total: 2 } },
    };
    expect(readAudit(JSON.stringify(reply), "")).toEqual({
      kind: "audited",
      total: 2,
      severe: [{ name: "a", severity: "high", via: ["bad", "b"] }],
    });
  });
});
