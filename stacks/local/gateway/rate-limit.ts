/** How many seconds' worth of requests may come at once. */
const burstSeconds = 10;
/** Tenants remembered at most; one that is forgotten begins with a full bucket. */
const mostTenants = 10_000;

/** A token bucket per tenant, of this process: on AWS, API Gateway throttles. */
export class RateLimit {
  readonly #perSecond: number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @returns the seconds after which to try again; 0 where the request may go on */
  take(tenant: string, nowMs = performance.now()): number {
    const most = Math.max(1, this.#perSecond * burstSeconds);
    const bucket = this.#buckets.get(tenant) ?? { tokens: most, atMs: nowMs };
    const tokens = Math.min(most, bucket.tokens + ((nowMs - bucket.atMs) / 1000) * this.#perSecond);
    // The one that was asked for longest ago is first.
    this.#buckets.delete(tenant);
    const oldest = this.#buckets.keys().next();
    if (this.#buckets.size >= mostTenants && !oldest.done) this.#buckets.delete(oldest.value);
    this.#buckets.set(tenant, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs });
    return tokens >= 1 ? 0 : Math.ceil((1 - tokens) / this.#perSecond);
  }
}
