import type { Evaluation } from "./evaluate.ts";
import { all, list } from "./resources.ts";

/** What a deploy would make, as text for a snapshot: each function with what it gets, and how many there are of each type. */
export function resourceTable(evaluation: Evaluation): string {
  const functions = all(evaluation, "aws:lambda/function:Function").map(({ name, inputs }) =>
    [
      name.replace(/Function$/, "").padEnd(16),
      `${inputs.memorySize} MB`.padEnd(8),
      `${inputs.timeout} s`.padEnd(6),
      `/tmp ${(inputs.ephemeralStorage as { size: number }).size} MB`.padEnd(12),
      String(inputs.architectures).padEnd(7),
      `reserved ${inputs.reservedConcurrentExecutions ?? "-"}`.padEnd(12),
      list(inputs.layers as string[])
        .map((arn) => arn.split(":").at(-2)?.split("-").at(-1))
        .join(" "),
    ]
      .join(" ")
      .trimEnd(),
  );
  const routes = all(evaluation, "aws:apigatewayv2/route:Route")
    .map(({ inputs }) => `${inputs.routeKey}${inputs.authorizerId ? "" : " (open)"}`)
    .sort();
  const counts = Map.groupBy(
    evaluation.resources.filter(({ custom }) => custom),
    ({ type }) => type,
  );
  const types = [...counts].map(([type, { length }]) => `${String(length).padStart(4)} ${type}`).sort();
  return ["functions", ...functions, "", "routes", ...routes, "", "resources", ...types, ""].join("\n");
}
