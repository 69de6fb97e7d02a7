import { createHash, timingSafeEqual } from "node:crypto";
import { defaultTenant, environmentValue } from "../../layers/core/index.ts";
import type { Caller } from "./caller.ts";

/** Who holds the token of an `Authorization: Bearer <token>` header, which is compared with the stored hash; undefined for nobody. */
export function bearerOf(authorization: string | undefined): Caller | undefined {
  const [scheme, token, ...rest] = (authorization ?? "").trim().split(/\s+/);
  if (scheme?.toLowerCase() !== "bearer" || token === undefined || rest.length > 0) return undefined;
  const given = createHash("sha256").update(token).digest();
  const expected = Buffer.from(environmentValue("ACCESS_TOKEN_SHA256"), "hex");
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return undefined;
  return { tenant: defaultTenant, scopes: ["*"] };
}
