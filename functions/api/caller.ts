import { z } from "zod";
import { MediaError, parseTenantId, type TenantId } from "../../layers/core/index.ts";
import type { HttpEvent } from "./http.ts";

/** Who asks: whose jobs they may touch, what they may do (`*` is everything), and with which key. The authorizer says so. */
export type Caller = { tenant: TenantId; scopes: string[]; keyId: string };

const contextSchema = z.object({
  authorizer: z.object({
    lambda: z.object({
      tenant: z.string().transform((text) => parseTenantId(text)),
      scopes: z.array(z.string()),
      keyId: z.string(),
    }),
  }),
});

/** @throws MediaError `request.unauthorized` where no authorizer has let the request in */
export function callerOf(event: Pick<HttpEvent, "requestContext">): Caller {
  const context = contextSchema.safeParse(event.requestContext);
  if (context.success) return context.data.authorizer.lambda;
  throw new MediaError("request.unauthorized", "This address needs an access token: Authorization: Bearer <token>.");
}
