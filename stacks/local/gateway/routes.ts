/** One line of the API: which function answers which method and path. */
export type GatewayRoute = {
  /** `POST /v1/uploads`, `GET /v1/jobs/{jobId}`, `ANY /files/{proxy+}` or `$default`. */
  route: string;
  functionName: string;
  /** Whether the authorizer must agree. */
  authorized: boolean;
  /** Of one that asks the authorizer itself: what its callers ask counts as theirs all the same. */
  counted?: boolean;
};

export type RouteMatch = { route: GatewayRoute; pathParameters?: Record<string, string> };

type Segment = { kind: "literal" | "variable" | "greedy"; text: string };
type CompiledRoute = { route: GatewayRoute; method: string; segments: Segment[] };

/**
 * Finds the route of a request as HTTP APIs do: a full match first, then a greedy one, `$default` last. Among full
 * matches a literal segment beats a variable, from the left; a named method beats ANY.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 */
export class RouteTable {
  readonly #routes: CompiledRoute[];
  readonly #fallback: GatewayRoute | undefined;

  /** @throws when a route cannot be read */
  constructor(routes: GatewayRoute[]) {
    this.#fallback = routes.find(({ route }) => route === "$default");
    this.#routes = routes.filter(({ route }) => route !== "$default").map(compile);
    this.#routes.sort(bySpecificity);
  }

  /** @param path still percent-encoded, without the query. @throws URIError when its encoding is broken */
  match(method: string, path: string): RouteMatch | undefined {
    const parts = path.split("/").slice(1);
    for (const { route, method: wanted, segments } of this.#routes) {
      if (wanted !== "ANY" && wanted !== method) continue;
      const pathParameters = matchSegments(segments, parts);
      if (!pathParameters) continue;
      return Object.keys(pathParameters).length > 0 ? { route, pathParameters } : { route };
    }
    return this.#fallback ? { route: this.#fallback } : undefined;
  }
}

function compile(route: GatewayRoute): CompiledRoute {
  const match = /^([A-Z]+) (\/\S*)$/.exec(route.route);
  if (!match) throw new Error(`The route "${route.route}" is neither "METHOD /path" nor "$default".`);
  const segments = (match[2] ?? "").split("/").slice(1).map(segmentOf);
  const greedy = segments.findIndex(({ kind }) => kind === "greedy");
  if (greedy >= 0 && greedy < segments.length - 1)
    throw new Error(`In the route "${route.route}" a greedy variable must come last.`);
  return { route, method: match[1] ?? "", segments };
}

function segmentOf(text: string): Segment {
  const variable = /^\{([^{}+]+)(\+?)\}$/.exec(text);
  if (!variable) return { kind: "literal", text: decodeURIComponent(text) };
  return { kind: variable[2] ? "greedy" : "variable", text: variable[1] ?? "" };
}

/** The path's variables, or undefined when the path is another one. A variable never matches nothing. */
function matchSegments(segments: Segment[], parts: string[]): Record<string, string> | undefined {
  const variables: Record<string, string> = {};
  for (const [index, { kind, text }] of segments.entries()) {
    const part = parts[index];
    if (part === undefined) return undefined;
    if (kind === "greedy") {
      variables[text] = decodeURIComponent(parts.slice(index).join("/"));
      return variables[text] === "" ? undefined : variables;
    }
    const value = decodeURIComponent(part);
    if (kind === "literal" ? value !== text : value === "") return undefined;
    if (kind === "variable") variables[text] = value;
  }
  return segments.length === parts.length ? variables : undefined;
}

const rank = { literal: 0, variable: 1, greedy: 2 };

function bySpecificity(a: CompiledRoute, b: CompiledRoute): number {
  const isGreedy = ({ segments }: CompiledRoute) => Number(segments.at(-1)?.kind === "greedy");
  if (isGreedy(a) !== isGreedy(b)) return isGreedy(a) - isGreedy(b);
  const common = Math.min(a.segments.length, b.segments.length);
  for (let index = 0; index < common; index++) {
    const difference = rank[a.segments[index]?.kind ?? "greedy"] - rank[b.segments[index]?.kind ?? "greedy"];
    if (difference !== 0) return difference;
  }
  if (a.segments.length !== b.segments.length) return b.segments.length - a.segments.length;
  return Number(a.method === "ANY") - Number(b.method === "ANY");
}
