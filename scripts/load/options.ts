import { parseArgs } from "node:util";

export type LoadOptions = { jobs: number; requests: number; clients: number; burst: number; parts: readonly Part[] };

export const parts = ["mixed", "overload", "memory"] as const;
export type Part = (typeof parts)[number];

export const usage = `npm run load -- [options]
  --jobs N       small jobs (200)
  --requests N   API requests beside them (2000)
  --clients N    clients that send them, one request after the other (12)
  --burst N      requests at once, of each kind, in the overload (500)
  --only PART    ${parts.join(", ")}; several times for several
`;

/** @throws RangeError for what cannot be used */
export function readOptions(argv: readonly string[]): LoadOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      jobs: { type: "string", default: "200" },
      requests: { type: "string", default: "2000" },
      clients: { type: "string", default: "12" },
      burst: { type: "string", default: "500" },
      only: { type: "string", multiple: true, default: [...parts] },
    },
  });
  const count = (name: "jobs" | "requests" | "clients" | "burst") => {
    const value = Number(values[name]);
    if (Number.isInteger(value) && value > 0) return value;
    throw new RangeError(`--${name} is a whole number from 1 on, not ${values[name]}.`);
  };
  const unknown = values.only.find((name) => !parts.includes(name as Part));
  if (unknown !== undefined) throw new RangeError(`--only is one of ${parts.join(", ")}, not ${unknown}.`);
  const counts = { jobs: count("jobs"), requests: count("requests"), clients: count("clients"), burst: count("burst") };
  return { ...counts, parts: values.only as Part[] };
}
