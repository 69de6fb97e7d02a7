import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { endpoint } from "../http.ts";
import description from "./openapi.json" with { type: "json" };
import { docsPage } from "./page.ts";

/** Made once: it is the same for everybody. */
let page: { html: string; styleHash: string } | undefined;

/** `GET /openapi.json`: the API, described by OpenAPI 3.1; `GET /docs`: the same as a page without scripts. */
export const handler = endpoint(async (event): Promise<APIGatewayProxyStructuredResultV2> => {
  const headers = { "cache-control": "public, max-age=300", "x-content-type-options": "nosniff" };
  if (event.rawPath.endsWith(".json")) {
    return {
      statusCode: 200,
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(description),
    };
  }
  page ??= docsPage(description as never);
  const policy = `default-src 'none'; style-src 'sha256-${page.styleHash}'; base-uri 'none'; form-action 'none'`;
  return {
    statusCode: 200,
    headers: { ...headers, "content-type": "text/html; charset=utf-8", "content-security-policy": policy },
    body: page.html,
  };
});
