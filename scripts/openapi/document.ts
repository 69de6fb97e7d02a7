import { STATUS_CODES } from "node:http";
import { z } from "zod";
import { jobSchema, problemSchema, transcriptSchema } from "../../client/schemas.ts";
import { idempotencyKeyHeader } from "../../functions/api/idempotency.ts";
import { version } from "../../layers/core/index.ts";
import { hostRoutes, routes } from "../../stacks/app/routes.ts";
import { openAiErrorSchema } from "./openai.ts";
import { type Content, jobRequest, type Operation, operations } from "./operations.ts";

type Json = Record<string, unknown>;

/** Schemas that have a name of their own in the document. */
const named = new Map<z.ZodType, string>([
  [jobSchema, "Job"],
  [transcriptSchema, "Transcript"],
  [jobRequest, "JobOptions"],
  [problemSchema, "Problem"],
  [openAiErrorSchema, "OpenAiError"],
]);

/** A schema as JSON Schema 2020-12, the dialect of OpenAPI 3.1. What JSON Schema cannot say is left open. */
function jsonSchema(schema: z.ZodType, io: "input" | "output"): Json {
  const { $schema: _, ...converted } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return converted as Json;
}

function schemaOf(schema: z.ZodType, io: "input" | "output"): Json {
  const name = named.get(schema);
  return name === undefined ? jsonSchema(schema, io) : { $ref: `#/components/schemas/${name}` };
}

/** The description of every route, OpenAPI 3.1. https://spec.openapis.org/oas/v3.1.1.html */
export function openApiDocument(): Json {
  const paths: Record<string, Json> = {};
  const guarded = new Set([...routes, ...hostRoutes].filter(({ scope }) => scope !== null).map(({ route }) => route));
  for (const [route, operation] of Object.entries(operations)) {
    const [method = "", path = ""] = route.split(" ");
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = describe(route, operation, guarded.has(route));
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "halfgig",
      version,
      summary: "Transcripts from audio and video inside a memory allocation fixed in advance.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: [...new Set(Object.values(operations).map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: {
      schemas: Object.fromEntries(
        [...named].map(([schema, name]) => [name, jsonSchema(schema, name === "JobOptions" ? "input" : "output")]),
      ),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function describe(
  route: string,
  { tag, summary, query, idempotent, body, replies }: Operation,
  guarded: boolean,
): Json {
  const parameters = [
    ...pathParameters(route),
    ...(query ? queryParameters(query) : []),
    ...(idempotent ? [keyParameter] : []),
  ];
  const isOpenAi = tag === "OpenAI-compatible";
  return {
    operationId: operationId(route),
    tags: [tag],
    summary,
    ...(guarded ? { security: [{ token: [] }] } : { security: [] }),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: { required: true, content: content(body, "input") } } : {}),
    responses: {
      ...Object.fromEntries(
        Object.entries(replies).map(([status, reply]) => [status, response(Number(status), reply)]),
      ),
      default: {
        description: "What was refused, and why.",
        content: isOpenAi
          ? content(openAiErrorSchema, "output")
          : content({ type: "application/problem+json", schema: problemSchema }, "output"),
      },
    },
  };
}

const response = (status: number, reply: Operation["replies"][number]): Json => ({
  description: STATUS_CODES[status] ?? "",
  ...(reply ? { content: content(reply, "output") } : {}),
});

function content(body: z.ZodType | Content, io: "input" | "output"): Json {
  if (body instanceof z.ZodType) return { "application/json": { schema: withOptions(schemaOf(body, io)) } };
  return { [body.type]: { schema: schemaOf(body.schema, io) } };
}

/** `POST /v1/uploads` has a job's options in a field, which its own schema hands on to theirs. */
function withOptions(schema: Json): Json {
  const { properties } = schema as { properties?: Json };
  if (!properties || !("options" in properties) || !("fileName" in properties) || "jobId" in properties) return schema;
  return { ...schema, properties: { ...properties, options: { $ref: "#/components/schemas/JobOptions" } } };
}

const pathParameters = (route: string): Json[] =>
  [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: name === "partNumber" ? "integer" : "string" },
  }));

const { pattern, ...keyHeader } = idempotencyKeyHeader;
const keyParameter: Json = { ...keyHeader, in: "header", schema: { type: "string", pattern } };

function queryParameters(query: z.ZodObject): Json[] {
  const { properties = {}, required = [] } = jsonSchema(query, "input") as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    ...(required.includes(name) ? { required: true } : {}),
    schema,
  }));
}

/** `getV1JobsByJobIdFile`: one for each route, and the same for ever. */
function operationId(route: string): string {
  const [method = "", path = ""] = route.split(" ");
  const words = path
    .split(/[/.]/)
    .filter(Boolean)
    .map((part) => part.replace(/^\{(\w+)\}$/, "by-$1"));
  const camel = words.join("-").replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `${method.toLowerCase()}${camel}`;
}

/** As it is kept in the repository. */
export const documentText = () => `${JSON.stringify(openApiDocument(), null, 1)}\n`;
export const documentPath = new URL("../../functions/api/openapi/openapi.json", import.meta.url);
