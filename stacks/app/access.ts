import type { SettingName, Settings } from "../../layers/core/index.ts";
import type { FunctionSpec, Grant, ObjectAction } from "./function-spec.ts";

const results = (prefix: string, ...actions: ObjectAction[]): Grant => ({ bucket: "results", prefix, actions });

/** What may be appended to the record of who did what. Nothing in the app reads, changes or deletes it. */
export const auditGrant: Grant = results("audit/", "s3:PutObject");

/** What limits a tenant's work. Counters exist only where there is a limit. */
export const tenantSettings: readonly SettingName[] = ["TENANT_MAX_JOBS", "TENANT_MINUTES_PER_DAY"];

/** Of functions that let jobs in, or learn how long they are. */
export const quotaGrants = ({ TENANT_MAX_JOBS, TENANT_MINUTES_PER_DAY }: Settings): Grant[] =>
  TENANT_MAX_JOBS === undefined && TENANT_MINUTES_PER_DAY === undefined
    ? []
    : [results("quota/", "s3:GetObject", "s3:PutObject", "s3:ListBucket")];

/** Of functions that learn how long a file is. */
export const minuteGrants = (settings: Settings): Grant[] =>
  settings.TENANT_MINUTES_PER_DAY === undefined ? [] : quotaGrants(settings);

/** The authorizer reads keys and may not write one: the day of a key's last use is kept apart. */
export const authorizeParts = {
  environment: ["ACCESS_TOKEN_SHA256", "ROUTE_SCOPES", "RESULTS_BUCKET"],
  settings: ["AUTH_ISSUER", "AUTH_AUDIENCE", "AUTH_TENANT_CLAIM", "AUTH_SCOPE_CLAIM"],
  grants: [results("keys/", "s3:GetObject", "s3:ListBucket"), results("keyuse/", "s3:PutObject")],
} as const satisfies Partial<FunctionSpec>;

/** The function that makes and revokes keys. */
export const keyParts = {
  environment: ["RESULTS_BUCKET"],
  grants: [
    results("keys/", "s3:GetObject", "s3:PutObject", "s3:ListBucket"),
    results("keyuse/", "s3:GetObject", "s3:ListBucket"),
    auditGrant,
  ],
} as const satisfies Partial<FunctionSpec>;
