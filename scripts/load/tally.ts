import { table } from "../../cli/tables.ts";

/** How one request was answered. */
export type Outcome =
  /** As it should be. */
  | "answered"
  /** 429 or 503 with the time to come again. */
  | "refused"
  /** Anything else: another status, a connection that broke, no answer in time. */
  | "error";

type Route = { answeredMs: number[]; refused: number; errors: number; gaveUp: number };

/** What was asked, by route, and how it was answered. */
export class Tally {
  readonly #routes = new Map<string, Route>();
  /** What the errors were, and how often. */
  readonly errors = new Map<string, number>();

  count(route: string, outcome: Outcome, tookMs: number, why = ""): void {
    const counts = this.#route(route);
    if (outcome === "answered") counts.answeredMs.push(tookMs);
    else if (outcome === "refused") counts.refused++;
    else {
      counts.errors++;
      const error = `${route}: ${why}`;
      this.errors.set(error, (this.errors.get(error) ?? 0) + 1);
    }
  }

  /** A request that was refused more often than its sender asks. */
  giveUp(route: string): void {
    this.#route(route).gaveUp++;
  }

  get answered(): number {
    return this.#sum(({ answeredMs }) => answeredMs.length);
  }

  get refused(): number {
    return this.#sum(({ refused }) => refused);
  }

  /** Requests that came to nothing. */
  get failed(): number {
    return this.#sum(({ errors, gaveUp }) => errors + gaveUp);
  }

  /** One line per route; times are those of the replies, without the waiting between a refusal and the next try. */
  toString(): string {
    const rows = [...this.#routes].sort().map(([route, { answeredMs, refused, errors, gaveUp }]) => {
      const sorted = answeredMs.toSorted((a, b) => a - b);
      const times = [0.5, 0.95, 0.99].map((share) => Math.round(quantile(sorted, share)));
      return [route, sorted.length, refused, errors + gaveUp, ...times];
    });
    return table(["route", "answered", "refused", "failed", "p50 ms", "p95 ms", "p99 ms"], rows);
  }

  #route(name: string): Route {
    const known = this.#routes.get(name);
    if (known) return known;
    const fresh = { answeredMs: [], refused: 0, errors: 0, gaveUp: 0 };
    this.#routes.set(name, fresh);
    return fresh;
  }

  #sum(of: (route: Route) => number): number {
    return [...this.#routes.values()].reduce((sum, route) => sum + of(route), 0);
  }
}

/** The smallest value that at least this share of them does not exceed (nearest rank). */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
