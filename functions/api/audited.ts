import { type AuditAction, appendAudit } from "../../layers/access/index.ts";
import { MediaError, parseTenantId, type TenantId } from "../../layers/core/index.ts";
import { callerOf } from "./caller.ts";
import type { HttpEvent, HttpReply } from "./http.ts";

/** Keeps on record who did what to which job or key, and what came of it. A reply that nobody could record is an error. */
export function audited(action: AuditAction, handle: (event: HttpEvent) => Promise<HttpReply>) {
  return async (event: HttpEvent): Promise<HttpReply> => {
    const { tenant, keyId: by } = callerOf(event);
    let reply: HttpReply;
    try {
      reply = await handle(event);
    } catch (error) {
      const outcome = error instanceof MediaError ? error.code : "internal";
      await appendAudit({ tenant, by, action, subject: named(event), outcome });
      throw error;
    }
    const done = doneBy(reply);
    await appendAudit({
      tenant: done.tenant ?? tenant,
      by,
      action,
      subject: named(event) ?? done.subject,
      outcome: "ok",
    });
    return reply;
  };
}

/** What the address names; anybody may write anything there. */
const named = ({ pathParameters }: HttpEvent) =>
  (pathParameters?.jobId ?? pathParameters?.keyId)?.replace(/[^\x21-\x7e]/g, "?").slice(0, 64) ?? null;

/** What the reply says was made or changed, and whose it is: the host's own token acts for every tenant. */
function doneBy({ body }: HttpReply): { subject: string | null; tenant: TenantId | undefined } {
  const { jobId, keyId, tenant } = JSON.parse(body || "{}") as { jobId?: string; keyId?: string; tenant?: string };
  return { subject: jobId ?? keyId ?? null, tenant: tenant === undefined ? undefined : parseTenantId(tenant) };
}
