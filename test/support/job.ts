import { defaultTenant, newJobId } from "../../layers/core/index.ts";
import { type JobRecord, jobOptionsSchema, keys } from "../../layers/storage/index.ts";

/** A job's record as presign leaves it, with what a test says of it. */
export function jobRecord({ createdAt = new Date().toISOString(), ...given }: Partial<JobRecord> = {}): JobRecord {
  const { tenant = defaultTenant, jobId = newJobId() } = given;
  return {
    ...{ format: 1, tenant, jobId, status: "awaiting_upload", attempt: 1, fileName: "a.wav", model: "m" },
    ...{ createdAt, updatedAt: createdAt, options: jobOptionsSchema.parse({}) },
    upload: { key: keys.upload({ tenant, jobId }), sizeBytes: 1 },
    ...given,
  };
}
