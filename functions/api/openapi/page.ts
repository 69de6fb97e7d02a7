import { createHash } from "node:crypto";

type Schema = {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  default?: unknown;
  minimum?: number;
  maximum?: number;
};
type Content = Record<string, { schema: Schema }>;
type Operation = {
  tags: string[];
  summary: string;
  security: unknown[];
  parameters?: { name: string; in: string; required?: boolean; schema: Schema }[];
  requestBody?: { content: Content };
  responses: Record<string, { description: string; content?: Content }>;
};
export type Description = {
  info: { title: string; version: string; summary: string };
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
};

const style = `
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; --line: color-mix(in srgb, currentColor 18%, transparent); }
body { max-width: 60rem; margin: 0 auto; padding: 1rem 1.25rem 4rem; }
nav ul { columns: 2; padding-left: 1.1rem; }
h1, h2 { line-height: 1.2; } h2 { margin-top: 2.5rem; }
details { border-top: 1px solid var(--line); padding: .5rem 0; }
summary { cursor: pointer; } summary code { font-weight: 600; }
code { font: .875em ui-monospace, monospace; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); }
@media (max-width: 40rem) { nav ul { columns: 1; } }
`;

const escaped = (text: string) => text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** The description as one page: no script, nothing from elsewhere. @returns it, and the hash of its style for a content policy */
export function docsPage(description: Description): { html: string; styleHash: string } {
  const { info, tags, paths, components } = description;
  const all = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const sections = tags.map(({ name }) => {
    const own = all.filter(({ operation }) => operation.tags.includes(name));
    return `<section><h2 id="${idOf(name)}">${escaped(name)}</h2>${own.map(operationHtml).join("")}</section>`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<details id="schema-${idOf(name)}"><summary><code>${escaped(name)}</code></summary>${fieldsHtml(schema)}</details>`,
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)} API</title><style>${style}</style></head><body>
<header><h1>${escaped(info.title)} API <small>${escaped(info.version)}</small></h1><p>${escaped(info.summary)}</p>
<p>Requests carry <code>Authorization: Bearer &lt;token&gt;</code>. For programs: <a href="/openapi.json">openapi.json</a> (OpenAPI 3.1).</p></header>
<nav aria-label="Sections"><ul>${[...tags.map(({ name }) => name), "Schemas"].map((name) => `<li><a href="#${idOf(name)}">${escaped(name)}</a></li>`).join("")}</ul></nav>
<main>${sections.join("\n")}<section><h2 id="schemas">Schemas</h2>${schemas.join("")}</section></main>
</body></html>
`;
  return { html, styleHash: createHash("sha256").update(style).digest("base64") };
}

const idOf = (name: string) => name.toLowerCase().replace(/[^a-z0-9]+/g, "-");

function operationHtml({ method, path, operation }: { method: string; path: string; operation: Operation }): string {
  const { summary, parameters = [], requestBody, responses, security } = operation;
  const rows = parameters.map(({ name, in: where, required, schema }) =>
    row(name, `${where}: ${typeOf(schema)}`, required ?? false),
  );
  const bodies = Object.entries(requestBody?.content ?? {}).map(
    ([type, { schema }]) => `<h3>Request <code>${escaped(type)}</code></h3>${fieldsHtml(schema)}`,
  );
  const replies = Object.entries(responses).map(([status, { description, content = {} }]) => {
    const types = Object.entries(content).map(
      ([type, { schema }]) => `<code>${escaped(type)}</code> ${typeOf(schema)}`,
    );
    return row(status, [escaped(description), ...types].join(" · "), false);
  });
  return `<details><summary><code>${method} ${escaped(path)}</code> ${escaped(summary)}</summary>
${security.length === 0 ? "<p>Open to everybody.</p>" : ""}${rows.length > 0 ? `<h3>Parameters</h3>${table(rows)}` : ""}${bodies.join("")}
<h3>Replies</h3>${table(replies)}</details>`;
}

const table = (rows: string[]) => `<table><tbody>${rows.join("")}</tbody></table>`;
const row = (name: string, html: string, required: boolean) =>
  `<tr><th scope="row"><code>${escaped(name)}</code>${required ? " (needed)" : ""}</th><td>${html}</td></tr>`;

function fieldsHtml(schema: Schema): string {
  if (!schema.properties) return `<p>${typeOf(schema)}</p>`;
  const { properties, required = [] } = schema;
  return table(Object.entries(properties).map(([name, field]) => row(name, typeOf(field), required.includes(name))));
}

/** A schema in a few words; what is deeper is in openapi.json. */
function typeOf(schema: Schema): string {
  if (schema.$ref) {
    const name = schema.$ref.split("/").at(-1) ?? "";
    return `<a href="#schema-${idOf(name)}">${escaped(name)}</a>`;
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(" or ");
  if (schema.enum) return schema.enum.map((value) => `<code>${escaped(JSON.stringify(value))}</code>`).join(" ");
  if (schema.const !== undefined) return `<code>${escaped(JSON.stringify(schema.const))}</code>`;
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  const range = [schema.minimum, schema.maximum].map((value) =>
    value === undefined || Math.abs(value) > 2 ** 50 ? "" : value,
  );
  const limits = range.some((value) => value !== "") ? ` ${range.join("…")}` : "";
  const fallback =
    schema.default === undefined ? "" : ` (default <code>${escaped(JSON.stringify(schema.default))}</code>)`;
  return `${escaped([schema.type ?? "anything"].flat().join(" or "))}${limits}${fallback}`;
}
