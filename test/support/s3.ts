import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { s3 } from "../../layers/storage/index.ts";
import { S3Server } from "../../stacks/local/s3/index.ts";

/**
 * An S3 in a temporary directory that allows everything, and this process's environment pointed at it, as a stack does it
 * for a function: for tests that call layers and handlers in their own process.
 */
export async function openTestS3(environment: Record<string, string> = {}): Promise<AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-s3-"));
  const server = new S3Server({
    directory,
    buckets: [{ name: "uploads" }, { name: "results" }],
    principal: (accessKeyId) => ({ accessKeyId, secretAccessKey: "secret", name: "test" }),
    authorize: () => true,
  });
  const { url } = await server.listen();
  Object.assign(process.env, {
    AWS_ENDPOINT_URL_S3: url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "AKIATEST",
    AWS_SECRET_ACCESS_KEY: "secret",
    UPLOADS_BUCKET: "uploads",
    RESULTS_BUCKET: "results",
    ...environment,
  });
  return {
    async [Symbol.asyncDispose]() {
      s3().destroy();
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
}
