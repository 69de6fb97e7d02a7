import { readFile } from "node:fs/promises";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { operations as requests } from "../../client/operations.ts";
import { jobSchema } from "../../client/schemas.ts";
import { type Description, docsPage } from "../../functions/api/openapi/page.ts";
import { jobRecordSchema } from "../../layers/storage/index.ts";
import { documentPath, documentText, openApiDocument } from "../../scripts/openapi/document.ts";
import { hostRoutes, routes } from "../../stacks/app/routes.ts";

const document = JSON.parse(documentText()) as Description & Record<string, unknown>;
const described = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
);

describe("the description of the API", () => {
  it("is valid OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
    expect(document.openapi).toMatch(/^3\.1\./);
  });

  it("has every route of the app, and no other", () => {
    expect(described.toSorted()).toEqual([...routes, ...hostRoutes].map(({ route }) => route).toSorted());
  });

  it("in the repository is what the schemas say: npm run openapi writes it", async () => {
    expect(JSON.parse(await readFile(documentPath, "utf8"))).toEqual(openApiDocument());
  });

  it("refers to nothing that is not there, and names each operation once", () => {
    const text = JSON.stringify(document);
    for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(Object.keys(document.components.schemas)).toContain(name);
    }
    const ids = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, id]) => id);
    expect(ids.length).toBe(described.length);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it("tells of every field that a job's record has", () => {
    const fields = (schema: z.ZodObject) => Object.keys(schema.shape).toSorted();
    expect(fields(jobSchema)).toEqual([...fields(jobRecordSchema), "progress"].toSorted());
  });
});

describe("the client", () => {
  it.each(Object.entries(requests))("%s is a request that the API has, and reads its reply", (_name, request) => {
    const operation = document.paths[request.path]?.[request.method.toLowerCase()];
    const [reply] = Object.values(operation?.responses ?? {});
    expect(operation?.summary).toMatch(/\S/);
    const schema = reply?.content?.["application/json"]?.schema;
    const { reply: own } = request;
    if (own === undefined) return expect(schema).toBeUndefined();
    const { $schema: _, ...expected } = z.toJSONSchema(own, { io: "output", unrepresentable: "any" });
    const name = schema?.$ref?.split("/").at(-1);
    expect(name === undefined ? schema : document.components.schemas[name]).toEqual(
      JSON.parse(JSON.stringify(expected)),
    );
  });
});

describe("the page", () => {
  const { html } = docsPage(document);

  it("has every route, runs nothing and asks nobody", () => {
    for (const route of described) expect(html).toContain(`<code>${route}</code>`);
    expect(html).not.toMatch(/<script|\son\w+=|<link|<img|src=|@import|url\(/i);
    for (const [, address] of html.matchAll(/href="([^"]+)"/g)) expect(address).toMatch(/^(#|\/openapi\.json$)/);
  });

  it("leads nowhere that is not on it", () => {
    for (const [, id] of html.matchAll(/href="#([^"]+)"/g)) expect(html).toContain(`id="${id}"`);
  });

  it("writes what is not its own as text", () => {
    const info = { title: "<script>x</script>", version: '"', summary: "&" };
    expect(docsPage({ ...document, info }).html).not.toContain("<script>");
  });
});
