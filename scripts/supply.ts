/**
 * What this project is made of: `node scripts/supply.ts licences | secrets | audit | sbom [--omit-dev] [file]`.
 * Ends with 1 where something must be done about it.
 */
import { writeFile } from "node:fs/promises";
import { table } from "../cli/tables.ts";
import { projectRoot } from "../stacks/local/project-root.ts";
import { auditLock, billOfMaterials, exceptions, judgeLicences, lockedPackages, scanTree } from "./supply/index.ts";

const [command = "", ...rest] = process.argv.slice(2);
const commands: Record<string, () => Promise<boolean>> = { licences, secrets, audit, sbom };
const run = commands[command];
if (!run) {
  console.error(`node scripts/supply.ts ${Object.keys(commands).join(" | ")}`);
  process.exitCode = 2;
} else if (!(await run())) process.exitCode = 1;

async function licences(): Promise<boolean> {
  const packages = await lockedPackages();
  const { refused, stale } = judgeLicences(packages);
  const counts = Map.groupBy(packages, ({ license }) => license ?? "none given");
  console.info(
    table(
      ["licence", "packages"],
      [...counts].map(([name, all]) => [name, String(all.length)]),
    ),
  );
  for (const { name, license, why } of exceptions) console.info(`${license} for ${name.source}: ${why}`);
  for (const { name, version, license } of refused) console.error(`not allowed: ${name} ${version}: ${license}`);
  for (const name of stale) console.error(`no package needs the exception ${name}`);
  console.info(`\n${packages.length} packages, ${refused.length} refused.`);
  return refused.length === 0 && stale.length === 0;
}

async function secrets(): Promise<boolean> {
  const { files, findings } = await scanTree(projectRoot);
  for (const { file, line, kind } of findings) console.error(`${file}:${line}: looks like a secret (${kind})`);
  console.info(`${files} files, ${findings.length} findings.`);
  return findings.length === 0;
}

async function audit(): Promise<boolean> {
  const result = auditLock(projectRoot);
  if (result.kind === "unreachable") {
    console.info(`NOT AUDITED: the registry did not answer (${result.why}).`);
    return true;
  }
  for (const { name, severity, via } of result.severe) console.error(`${severity}: ${name}: ${via.join(", ")}`);
  console.info(`${result.total} known vulnerabilities, ${result.severe.length} of them high or critical.`);
  return result.severe.length === 0;
}

async function sbom(): Promise<boolean> {
  const [file] = rest.filter((one) => !one.startsWith("--"));
  const text = await billOfMaterials(projectRoot, { omitDev: rest.includes("--omit-dev") });
  if (file === undefined) process.stdout.write(text);
  else await writeFile(file, text);
  return true;
}
