import { claimJob, requireMinutes } from "../../layers/access/index.ts";
import type { JobRef, Settings } from "../../layers/core/index.ts";

type Limits = Pick<Settings, "TENANT_MAX_JOBS" | "TENANT_MINUTES_PER_DAY" | "UPLOAD_URL_SECONDS">;

/** Lets a job in, where its tenant has room for one more. @throws MediaError `quota.jobs`, `quota.minutes` */
export async function admitJob(ref: JobRef, settings: Limits): Promise<void> {
  await requireMinutes(ref.tenant, { minutesPerDay: settings.TENANT_MINUTES_PER_DAY });
  const uploadWithinMs = settings.UPLOAD_URL_SECONDS * 1000;
  await claimJob(ref, { mostJobs: settings.TENANT_MAX_JOBS, uploadWithinMs });
}
