import { z } from "zod";
import { environmentValue, MediaError, type TenantId } from "../core/index.ts";
import { getJson, keys } from "../storage/index.ts";
import { changeCounter } from "./quota-state.ts";

/** Milliseconds of audio by execution, on one day (UTC). By execution, so that a step that is repeated counts once. */
const stateSchema = z.object({ format: z.literal(1), ms: z.record(z.string(), z.number()) });

/** The least that counts: it bounds how many executions a day's object can name. */
const leastMs = 6_000;
const dayMs = 86_400_000;

const totalOf = (ms: Record<string, number>) => Object.values(ms).reduce((sum, one) => sum + one, 0);

export type MinuteQuota = {
  /** Undefined: any number. */
  minutesPerDay: number | undefined;
};

/**
 * Counts an execution's audio on its tenant's day. Asked again with more of it, it counts the difference.
 * @throws MediaError `quota.minutes` where it is more than is left; then nothing is counted
 */
export async function chargeMinutes(
  { tenant, executionName }: { tenant: TenantId; executionName: string },
  durationMs: number,
  { minutesPerDay }: MinuteQuota,
  nowMs = Date.now(),
): Promise<void> {
  if (minutesPerDay === undefined) return;
  // The tenant is in the object's key already.
  const name = executionName.slice(tenant.length + 1);
  await changeCounter(keys.minutesOfDay(tenant, dayOf(nowMs)), stateSchema, (state) => {
    const ms = state?.ms ?? {};
    const before = ms[name] ?? 0;
    const after = Math.max(before, leastMs, Math.ceil(durationMs));
    if (after === before) return undefined;
    const next = { ...ms, [name]: after };
    if (totalOf(next) <= minutesPerDay * 60_000) return { format: 1 as const, ms: next };
    const asked = (after / 60_000).toFixed(1);
    const left = Math.max(0, minutesPerDay - totalOf(ms) / 60_000).toFixed(1);
    throw spent(`The file has ${asked} minutes, and ${left} of this day's ${minutesPerDay} are left`, nowMs);
  });
}

/** Refuses work early, where nothing is left of the day. @throws MediaError `quota.minutes` */
export async function requireMinutes(
  tenant: TenantId,
  { minutesPerDay }: MinuteQuota,
  nowMs = Date.now(),
): Promise<void> {
  if (minutesPerDay === undefined) return;
  const found = await getJson(environmentValue("RESULTS_BUCKET"), keys.minutesOfDay(tenant, dayOf(nowMs)));
  const usedMs = found ? totalOf(stateSchema.parse(found.value).ms) : 0;
  if (usedMs + leastMs <= minutesPerDay * 60_000) return;
  throw spent(`This tenant has used its ${minutesPerDay} minutes of audio for today`, nowMs);
}

const dayOf = (nowMs: number) => new Date(nowMs).toISOString().slice(0, 10);

function spent(what: string, nowMs: number): MediaError {
  const retryAfterSeconds = Math.ceil((dayMs - (nowMs % dayMs)) / 1000);
  return new MediaError("quota.minutes", `${what} (UTC). Try again tomorrow, or have TENANT_MINUTES_PER_DAY raised.`, {
    context: { retryAfterSeconds },
  });
}
