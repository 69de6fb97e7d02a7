import { type AuditAction, appendAudit } from "../../layers/access/index.ts";
import { MediaError } from "../../layers/core/index.ts";
import { callerOf } from "./caller.ts";
import type { HttpEvent, HttpReply } from "./http.ts";

/** Keeps on record who did what to which job or key, and what came of it. A reply that nobody could record is an error. */
export function audited(action: AuditAction, handle: (event: HttpEvent) => Promise<HttpReply>) {
  return async (event: HttpEvent): Promise<HttpReply> => {
    const { tenant, keyId: by } = callerOf(event);
    const record = (subject: string | null, outcome: string) => appendAudit({ tenant, by, action, subject, outcome });
    let reply: HttpReply;
    try {
      reply = await handle(event);
    } catch (error) {
      await record(named(event), error instanceof MediaError ? error.code : "internal");
      throw error;
    }
    await record(named(event) ?? made(reply), "ok");
    return reply;
  };
}

/** What the address names; anybody may write anything there. */
const named = ({ pathParameters }: HttpEvent) =>
  (pathParameters?.jobId ?? pathParameters?.keyId)?.replace(/[^\x21-\x7e]/g, "?").slice(0, 64) ?? null;

/** What the reply says was made. */
function made({ body }: HttpReply): string | null {
  const { jobId, keyId } = JSON.parse(body || "{}") as { jobId?: string; keyId?: string };
  return jobId ?? keyId ?? null;
}
