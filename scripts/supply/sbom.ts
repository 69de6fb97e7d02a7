import { spawnSync } from "node:child_process";
import { lockedPackages } from "./packages.ts";

type Component = { "bom-ref": string; name: string; version: string };
type Bill = {
  serialNumber?: string;
  metadata: { timestamp?: string; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
};

/**
 * The bill of materials in CycloneDX 1.5, by npm itself, of what is in the lock file. The same lock file gives the same bytes: what npm takes
 * from the clock and from chance is left out, which the format allows.
 * https://cyclonedx.org/docs/1.5/json/
 * @param omitDev only what is delivered, by the lock file's own marks: npm's `--omit dev` leaves out what development needs as well
 * @throws where npm cannot make one
 */
export async function billOfMaterials(root: string, { omitDev }: { omitDev: boolean }): Promise<string> {
  const args = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"];
  const { status, stdout, stderr } = spawnSync("npm", args, { cwd: root, encoding: "utf8", maxBuffer: 256 << 20 });
  if (status !== 0) throw new Error(`npm sbom failed: ${stderr.slice(-1000)}`);
  const bill = JSON.parse(stdout) as Bill;
  delete bill.serialNumber;
  delete bill.metadata.timestamp;
  if (omitDev) {
    const delivered = (await lockedPackages(root)).filter(({ dev }) => !dev);
    const names = new Set(delivered.map(({ name, version }) => `${name}@${version}`));
    bill.components = bill.components.filter(({ name, version }) => names.has(`${name}@${version}`));
    const refs = new Set([bill.metadata.component, ...bill.components].map((one) => one["bom-ref"]));
    bill.dependencies = bill.dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }));
  }
  return `${JSON.stringify(bill, null, 2)}\n`;
}
