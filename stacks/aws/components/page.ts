import { routes } from "../../app/index.ts";
import { pageFolder } from "../artefacts.ts";

export type Page = { url: $util.Output<string>; router: sst.aws.Router };

/** The page, as static files behind CloudFront. */
export function createPage(root: string): Page {
  const router = new sst.aws.Router("Page");
  new sst.aws.StaticSite("Site", { path: pageFolder(root), router: { instance: router } });
  return { url: router.url, router };
}

/** The API under the page's own address: the page calls it by relative paths, as it does on the embedded host. */
export function connectPage({ router }: Page, apiUrl: $util.Output<string>): void {
  for (const prefix of apiPrefixes()) router.route(prefix, apiUrl);
}

/** The first segment of every route: `/v1`. */
export function apiPrefixes(): string[] {
  const paths = routes.map(({ route }) => route.split(" ")[1] ?? "/");
  return [...new Set(paths.map((path) => `/${path.split("/")[1]}`))].sort();
}
