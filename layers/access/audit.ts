import { randomBytes } from "node:crypto";
import { environmentValue, type TenantId } from "../core/index.ts";
import { keys, putObject } from "../storage/index.ts";

export type AuditAction = `job.${"create" | "cancel" | "retry" | "delete"}` | `key.${"create" | "rotate" | "revoke"}`;

export type AuditRecord = {
  tenant: TenantId;
  /** Who: a key's id, `host`, or `jwt:<subject>`. */
  by: string;
  action: AuditAction;
  /** What it was done to: the id of a job or a key; null where it never got one. */
  subject: string | null;
  /** `ok`, or the code of the error. */
  outcome: string;
};

/** Keeps one record under a name of its own. Nothing in the app can change or delete it: whoever appends may only write what is not there. */
export async function appendAudit(record: AuditRecord, nowMs = Date.now()): Promise<void> {
  const at = new Date(nowMs).toISOString();
  const key = keys.audit(record.tenant, at, randomBytes(8).toString("hex"));
  const body = `${JSON.stringify({ format: 1, at, ...record })}\n`;
  await putObject(environmentValue("RESULTS_BUCKET"), key, body, "application/json", { onlyIfAbsent: true });
}
