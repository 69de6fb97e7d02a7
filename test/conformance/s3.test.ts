import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Server } from "../../stacks/local/s3/index.ts";
import { s3Conformance } from "./s3-suite.ts";
import type { S3Target } from "./s3-target.ts";

s3Conformance("the embedded host's S3", async (): Promise<S3Target> => {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-s3-"));
  const principal = { accessKeyId: "AKIDTEST", secretAccessKey: "secret", sessionToken: "token/+=", name: "tester" };
  const server = new S3Server({
    directory,
    buckets: [{ name: "conformance" }],
    principal: (accessKeyId) => (accessKeyId === principal.accessKeyId ? principal : undefined),
    authorize: () => true,
    onError: (error) => console.error(error),
  });
  const { url } = await server.listen();
  return {
    endpoint: url,
    region: "us-east-1",
    bucket: "conformance",
    credentials: principal,
    async close() {
      await server.close();
      await rm(directory, { recursive: true });
    },
  };
});
