import { spawnSync } from "node:child_process";

export type AuditResult =
  | { kind: "unreachable"; why: string }
  | { kind: "audited"; total: number; severe: { name: string; severity: string; via: string[] }[] };

type Reply = {
  error?: { code?: string; summary?: string };
  message?: string;
  metadata?: { vulnerabilities?: Record<string, number> };
  vulnerabilities?: Record<string, { severity: string; via: (string | { title?: string })[] }>;
};

/** What npm says of the lock file; a registry that does not answer is no finding. */
export function auditLock(root: string): AuditResult {
  const { stdout, stderr } = spawnSync("npm", ["audit", "--json", "--package-lock-only", "--fetch-retries=0"], {
    ...{ cwd: root, encoding: "utf8", maxBuffer: 64 << 20, timeout: 120_000 },
  });
  return readAudit(stdout, stderr);
}

export function readAudit(stdout: string, stderr: string): AuditResult {
  let reply: Reply;
  try {
    reply = JSON.parse(stdout) as Reply;
  } catch {
    return { kind: "unreachable", why: stderr.trim().split("\n").at(-1) || "npm said nothing" };
  }
  const counts = reply.metadata?.vulnerabilities;
  if (!counts)
    return { kind: "unreachable", why: reply.error?.summary || reply.message || "the registry has no audit" };
  const severe = Object.entries(reply.vulnerabilities ?? {})
    .filter(([, { severity }]) => severity === "high" || severity === "critical")
    .map(([name, { severity, via }]) => ({
      ...{ name, severity },
      via: via.map((one) => (typeof one === "string" ? one : (one.title ?? ""))),
    }));
  return { kind: "audited", total: counts.total ?? 0, severe };
}
