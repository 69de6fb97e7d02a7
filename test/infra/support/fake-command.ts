import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import type { Evaluation } from "./evaluate.ts";

type BuildRequest = {
  functionID: string;
  handler: string;
  bundle?: string;
  runtime: string;
  links?: Record<string, unknown>;
};

/** Stands for the `sst` command, which the components ask for two things over HTTP: its bootstrap buckets, and bundles. */
export async function startFakeCommand(directory: string): Promise<{ url: string; builds: Evaluation["builds"] }> {
  const builds: Evaluation["builds"] = [];
  const answer = (method: string, request: unknown): unknown => {
    if (method === "Provider.Aws.Bootstrap") {
      const registry = "123456789012.dkr.ecr/sst-asset";
      return {
        ...{ asset: "sst-asset", state: "sst-state", assetEcrRegistryId: "123456789012", assetEcrUrl: registry },
        ...{ appsyncHttp: "", appsyncRealtime: "" },
      };
    }
    if (method === "Runtime.Build") return build(request as BuildRequest);
    throw new Error(`the fake sst command knows no ${method}`);
  };
  const build = ({ functionID, handler, bundle, runtime, links }: BuildRequest) => {
    builds.push({ functionID, handler, ...(bundle ? { bundle } : {}), runtime, links: Object.keys(links ?? {}) });
    if (bundle) return { handler, out: bundle, errors: [], sourcemaps: [] };
    const out = join(directory, "artifacts", `${functionID}-src`);
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, "bundle.mjs"), "");
    return { handler: "bundle.handler", out, errors: [], sourcemaps: [] };
  };
  const server = createServer(async (request, response) => {
    // A kept connection would keep the program's event loop, whose end is how it is known to be done.
    response.setHeader("connection", "close");
    try {
      const { method, params } = (await json(request)) as { method: string; params: unknown[] };
      response.end(JSON.stringify({ result: answer(method, params[0]), error: null }));
    } catch (error) {
      response.end(JSON.stringify({ result: null, error: String(error) }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, builds };
}
