import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { buckets } from "../../stacks/app/index.ts";
import { PrincipalObjects } from "../../stacks/local/principal-objects.ts";
import { S3Server } from "../../stacks/local/s3/index.ts";
import { openDemoHost } from "./support/demo-host.ts";
import { sample } from "./support/media.ts";
import { readTranscript, textOf } from "./support/send.ts";

/** Puts objects while there is nobody whom S3 could tell. */
async function putUnheard(dataDirectory: string, objects: Record<string, string | Buffer>): Promise<void> {
  const server = new S3Server({
    directory: join(dataDirectory, "s3"),
    buckets: buckets.map(({ name }) => ({ name: `halfgig-${name}` })),
    principal: (accessKeyId) => ({ accessKeyId, secretAccessKey: "secret", name: "anybody" }),
    authorize: () => true,
  });
  const { url } = await server.listen();
  const client = new PrincipalObjects(url, "us-east-1", { accessKeyId: "AKIATEST", secretAccessKey: "secret" });
  for (const [key, body] of Object.entries(objects)) await client.put("halfgig-uploads", key, body as string);
  client.close();
  await server.close();
}

it("files whose events were lost are found at the next start: one with an address of its own, one in the inbox", async () => {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-lost-"));
  try {
    const asked = await (async () => {
      await using before = await openDemoHost({}, directory);
      const bytes = await readFile(sample.english);
      return await before.api.requestUpload({ fileName: "digits.mp4", sizeBytes: bytes.length, options: {} });
    })();
    const address = new URL(asked.upload?.url ?? "");
    const key = decodeURIComponent(address.pathname.replace("/halfgig-uploads/", ""));
    // Nobody listens at the address: what is told of a job's end is tried for hours, and the job does not wait for it.
    const webhook = { url: "https://192.0.2.1/hook", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" };
    await putUnheard(join(directory, "data"), {
      [key]: await readFile(sample.english),
      "inbox/default/digits.ogg.options.json": JSON.stringify({ webhook }),
      "inbox/default/digits.ogg": await readFile(sample.german),
    });

    await using demo = await openDemoHost({}, directory);
    expect(await demo.api.wait(asked.jobId, () => undefined)).toMatchObject({ status: "done" });
    const fromInbox = async () => {
      const reply = await fetch(`${demo.host.url}/v1/jobs`, {
        headers: { authorization: `Bearer ${demo.host.accessToken}` },
      });
      const { jobs } = (await reply.json()) as { jobs: { jobId: string; fileName: string; status: string }[] };
      return jobs.find(({ fileName }) => fileName === "digits.ogg");
    };
    await expect.poll(fromInbox, { timeout: 60_000 }).toMatchObject({ status: "done" });
    const found = await fromInbox();
    expect(textOf(await readTranscript(demo.api, found?.jobId ?? ""))).toContain("eins zwei drei");
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 180_000);
