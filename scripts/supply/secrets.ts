import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

/** What secrets look like, by those who give them out. */
export const secretPatterns: Readonly<Record<string, RegExp>> = {
  "AWS access key": /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/,
  "AWS secret": /aws_?secret_?access_?key["'\s:=]{1,6}[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+])/i,
  "private key": /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{32}/,
  "GitHub token": /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})/,
  "Hugging Face token": /\bhf_[A-Za-z0-9]{34}\b/,
  "OpenAI key": /\bsk-(?:proj-)?[A-Za-z0-9_-]{32,}/,
  "npm token": /\bnpm_[A-Za-z0-9]{36}\b/,
  "Slack token": /\bxox[abprs]-[A-Za-z0-9-]{20,}/,
  "Pinecone key": /\bpcsk_[A-Za-z0-9_]{40,}/,
  "halfgig key": /\bhg_[0-9a-hjkmnp-tv-z]{16}_[A-Za-z0-9_-]{43}\b/,
  "JSON Web Token": /\beyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{20,}/,
};

/** AWS's own example, which its documentation prints: https://docs.aws.amazon.com/IAM/latest/UserGuide/security-creds.html */
const examples = [/AKIAIOSFODNN7EXAMPLE/g, /wJalrXUtnFEMI\/K7MDENG\/bPxRfiCYEXAMPLEKEY/g];

/** Files that hold what is none: made for a test, and good for nothing else. */
export const knownFixtures: readonly { file: string; kind: string }[] = [
  { file: "test/hostile/expired-certificate.fixture.ts", kind: "private key" },
];

export type Finding = { file: string; line: number; kind: string };

/** Places in a text that look like a secret. What is found is not repeated. */
export function findSecrets(file: string, text: string): Finding[] {
  const known = examples.reduce((rest, example) => rest.replace(example, ""), text);
  return Object.entries(secretPatterns).flatMap(([kind, pattern]) =>
    [...known.matchAll(new RegExp(pattern, `${pattern.flags}g`))].map(({ index }) => ({
      ...{ file, kind },
      line: known.slice(0, index).split("\n").length,
    })),
  );
}

/** Every file that git would publish, tracked or about to be; weights and media are read too, as bytes. */
export async function scanTree(root: string): Promise<{ files: number; findings: Finding[] }> {
  const run = promisify(execFile);
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await run("git", list, { cwd: root, maxBuffer: 64 << 20 });
  const findings: Finding[] = [];
  const files = [...new Set(stdout.split("\0").filter(Boolean))];
  for (const file of files) {
    // What is deleted and not yet committed, or a link to somewhere else.
    const text = await readFile(join(root, file), "latin1").catch(() => "");
    const isKnown = (one: Finding) => knownFixtures.some(({ file: name, kind }) => name === file && kind === one.kind);
    findings.push(...findSecrets(file, text).filter((one) => !isKnown(one)));
  }
  return { files: files.length, findings };
}
