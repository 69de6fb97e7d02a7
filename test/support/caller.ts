import { defaultTenant } from "../../layers/core/index.ts";

/** The part of an API event in which the authorizer says who asks. */
export const calledBy = (tenant: string = defaultTenant, scopes: readonly string[] = ["*"]) => ({
  requestContext: { authorizer: { lambda: { tenant, scopes, keyId: "host" } } },
});
