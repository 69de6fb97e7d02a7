import jsonata from "jsonata";
import { StatesError } from "./errors.ts";
import type { Json } from "./json.ts";
import { stepFunctionsFunctions } from "./jsonata-functions.ts";
import { toJson } from "./payload.ts";

/** What an expression can see: `$states` and the workflow's variables. */
export type Bindings = { states: Record<string, unknown>; variables: Record<string, Json> };

/** An expression that does not come to an end must not take the host with it. */
const evaluationLimits = { timeout: 10_000, stack: 1000 };

const compiled = new Map<string, jsonata.Expression>();

/** A string whose whole content is an expression: no blanks before `{%` or after `%}`. */
export function isExpression(value: unknown): value is string {
  return typeof value === "string" && value.startsWith("{%") && value.endsWith("%}");
}

/**
 * Compiles `{% … %}`; the same text is compiled once.
 * @throws Error with JSONata's own message when the text is not JSONata.
 */
export function compile(template: string): jsonata.Expression {
  const known = compiled.get(template);
  if (known) return known;
  let expression: jsonata.Expression;
  try {
    expression = jsonata(template.slice(2, -2).trim(), evaluationLimits);
  } catch (error) {
    // jsonata throws plain objects.
    throw new Error((error as { message?: string }).message ?? String(error));
  }
  for (const [name, implementation] of Object.entries(stepFunctionsFunctions)) {
    expression.registerFunction(name, implementation);
  }
  compiled.set(template, expression);
  return expression;
}

/**
 * Evaluates every expression in a template.
 * @param location the field, for the error's text (`Output/lines/0`).
 * @throws StatesError `States.QueryEvaluationError`: the expression failed, or yielded nothing.
 */
export async function evaluate(template: Json, bindings: Bindings, location: string): Promise<Json> {
  if (isExpression(template)) return await evaluateExpression(template, bindings, location);
  if (Array.isArray(template)) {
    const values: Json[] = [];
    for (const [index, part] of template.entries()) values.push(await evaluate(part, bindings, `${location}/${index}`));
    return values;
  }
  if (typeof template === "object" && template !== null) {
    const entries: [string, Json][] = [];
    for (const [key, part] of Object.entries(template)) {
      entries.push([key, await evaluate(part, bindings, `${location}/${key}`)]);
    }
    return Object.fromEntries(entries);
  }
  return template;
}

async function evaluateExpression(template: string, { states, variables }: Bindings, location: string): Promise<Json> {
  let value: Json | undefined;
  try {
    value = toJson(await compile(template).evaluate(undefined, { ...variables, states }));
  } catch (error) {
    const message = (error as { message?: string }).message ?? String(error);
    throw evaluationError(template, location, `failed: ${message}`);
  }
  if (value === undefined) throw evaluationError(template, location, "returned nothing (undefined).");
  return value;
}

function evaluationError(template: string, location: string, what: string): StatesError {
  const expression = template.slice(2, -2).trim();
  return new StatesError(
    "States.QueryEvaluationError",
    `The JSONata expression '${expression}' specified for the field '${location}' ${what}`,
  );
}
