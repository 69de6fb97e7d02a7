import type { TenantId } from "../core/index.ts";

/** Who a request comes from: whose things they may touch, what they may do, and what they are known by in the audit. */
export type Identity = {
  tenant: TenantId;
  scopes: string[];
  /** A key's id, `host` for the host's own token, `jwt:<subject>` for a token of the identity provider. */
  keyId: string;
};
