import { expect } from "vitest";
import { handler as presign } from "../../../functions/api/presign.ts";
import { parseTenantId } from "../../../layers/core/index.ts";
import { deletePrefix, listJobs } from "../../../layers/storage/index.ts";
import { call } from "../../support/call.ts";
import { openTestStack, type TestStack } from "../../support/stack.ts";

/** S3 and a Step Functions that only remembers, for handlers that are called in this process. */
export async function openUploadLab(): Promise<TestStack & { empty(): Promise<void> }> {
  const stack = await openTestStack({ MODEL_ID: "m" });
  return {
    ...stack,
    async empty() {
      stack.states.started.length = 0;
      await deletePrefix("results", "");
      await deletePrefix("uploads", "");
    },
  };
}

/** Keys come form-encoded in events. */
export const eventOf = (...objectKeys: string[]) =>
  ({
    Records: objectKeys.map((key) => ({
      s3: { object: { key: encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/") } },
    })),
  }) as never;

export const jobs = async (tenant = "default") => (await listJobs(parseTenantId(tenant), { limit: 100 })).jobs;

export async function announce(sizeBytes: number, extra: object = {}, tenant = "default") {
  const reply = await call(presign, { tenant, method: "POST", body: { fileName: "a.wav", sizeBytes, ...extra } });
  expect([reply.status, reply.body.detail]).toEqual([201, undefined]);
  return reply.body as { jobId: string; upload: { url: string; fields: Record<string, string>; uploadId: string } };
}

export const refOf = (jobId: string, tenant = "default") => ({
  tenant: parseTenantId(tenant),
  jobId: jobId as never,
});
