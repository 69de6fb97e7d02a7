import type { IndexQuery } from "../index-port.ts";

/** Conditions on columns that `passages` and `vectors` have both, and what stands for their question marks. */
export function conditionsOf({ tenant, filters = {} }: Pick<IndexQuery, "tenant" | "filters">): {
  sql: string;
  values: (string | bigint)[];
} {
  const { jobId, language, voiceVerdict, fromMs, toMs, sinceMs, untilMs } = filters;
  const terms: [string, string | number | undefined][] = [
    ["tenant =", tenant],
    ["job =", jobId],
    ["language =", language],
    ["verdict =", voiceVerdict],
    ["end_ms >", fromMs],
    ["start_ms <", toMs],
    ["created_ms >=", sinceMs],
    ["created_ms <", untilMs],
  ];
  const given = terms.filter((term): term is [string, string | number] => term[1] !== undefined);
  return {
    sql: given.map(([term]) => `${term} ?`).join(" AND "),
    // sqlite-vec compares whole numbers with whole numbers only.
    values: given.map(([, value]) => (typeof value === "number" ? BigInt(Math.trunc(value)) : value)),
  };
}
