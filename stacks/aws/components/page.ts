import { apiHeaders, type FunctionName, type FunctionSpec, pageHeaders, pagePaths, routes } from "../../app/index.ts";
import { pageFolder } from "../artefacts.ts";
import { responseHeaders } from "../response-headers.ts";
import type { Functions } from "./functions.ts";

type Text = $util.Output<string>;

export type Page = {
  url: Text;
  router: sst.aws.Router;
  /** Says where files are sent to and played from, which the page's policy is waiting for. */
  allow(s3Origins: Text[]): void;
};

/** The page, as static files behind CloudFront, with the headers that the embedded host sends. */
export function createPage(root: string): Page {
  // The buckets' CORS rules need the page's address, and the page's policy the buckets' addresses.
  const { promise: s3Origins, resolve: allow } = Promise.withResolvers<Text[]>();
  const headersOf = (name: string, headers: $util.Input<Readonly<Record<string, string>>>) => {
    const parts = $util.output(headers).apply(responseHeaders);
    return new aws.cloudfront.ResponseHeadersPolicy(name, {
      securityHeadersConfig: parts.securityHeadersConfig,
      customHeadersConfig: parts.customHeadersConfig,
    }).id;
  };
  const page = headersOf("PageHeaders", $util.output(s3Origins).apply(pageHeaders));
  const api = headersOf("ApiHeaders", apiHeaders);
  const router = new sst.aws.Router("Page", {
    transform: {
      cdn: (args) => {
        // What is no file of the page is the API's: one that is not thought of gets the stricter headers.
        const behavior = $util.output(args.defaultCacheBehavior);
        args.defaultCacheBehavior = behavior.apply((own) => ({ ...own, responseHeadersPolicyId: api }));
        args.orderedCacheBehaviors = behavior.apply((own) =>
          pagePaths.map((pathPattern) => ({ ...own, pathPattern, responseHeadersPolicyId: page })),
        );
      },
    },
  });
  new sst.aws.StaticSite("Site", { path: pageFolder(root), router: { instance: router } });
  return { url: router.url, router, allow };
}

/** A function may take as long as API Gateway waits for it; a stream is never silent for so long. */
const readTimeout = "30 seconds";

/**
 * The API under the page's own address: the page calls it by relative paths, as it does on the embedded host. What streams is not API
 * Gateway's, which would hold it back.
 */
export function connectPage(
  { router }: Page,
  apiUrl: Text,
  specs: Record<FunctionName, FunctionSpec>,
  functions: Functions,
): void {
  for (const prefix of apiPrefixes()) router.route(prefix, apiUrl, { readTimeout });
  // The longest prefix decides.
  for (const { route, function: name } of routes) {
    if (specs[name].url) router.route(route.slice(route.indexOf("/")), functions[name].url, { readTimeout });
  }
}

/** The first segment of every route: `/v1`. */
export function apiPrefixes(): string[] {
  const paths = routes.map(({ route }) => route.split(" ")[1] ?? "/");
  return [...new Set(paths.map((path) => `/${path.split("/")[1]}`))].sort();
}
