import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ToolAccess, toolAccess } from "../../stacks/local/tool-access.ts";
import { type DemoHost, openDemoHost } from "../e2e/support/demo-host.ts";
import { sample } from "../e2e/support/media.ts";
import { sendAndWait } from "../e2e/support/send.ts";
import { findProgram, named, type Ran, run } from "./support/programs.ts";

// Version 2, as Debian has it: version 1, which may be found in PATH, signs addresses the old way and writes times as numbers.
const aws = findProgram("/usr/bin/aws");
const rclone = findProgram("rclone");
const curl = findProgram("curl");
const openssl = findProgram("openssl");

let demo: DemoHost;
let access: ToolAccess;
let environment: Record<string, string>;
let folder: string;
/** Over the 8 MiB from which AWS CLI uploads in parts. */
const big = randomBytes(9 * 2 ** 20 + 1);

beforeAll(async () => {
  demo = await openDemoHost();
  folder = join(demo.directory, "tools");
  await mkdir(folder);
  await writeFile(join(folder, "big.bin"), big);
  access = (await toolAccess(join(demo.directory, "data")))!;
  environment = {
    HOME: folder,
    AWS_ACCESS_KEY_ID: access.keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: access.keys.secretAccessKey,
    AWS_REGION: access.region,
    AWS_DEFAULT_REGION: access.region,
    AWS_EC2_METADATA_DISABLED: "true",
  };
});
afterAll(async () => {
  await demo[Symbol.asyncDispose]();
  await rm(demo.directory, { recursive: true, force: true });
});

const path = (name: string) => join(folder, name);

describe.skipIf(!aws)(named("AWS CLI", aws, "awscli"), () => {
  const call = (endpoint: string, ...args: string[]): Promise<Ran> =>
    run(aws!, ["--endpoint-url", endpoint, ...args], environment);
  const s3 = (...args: string[]) => call(access.addresses.s3, ...args);
  const api = (...args: string[]) => call(access.addresses.api, ...args);
  const json = ({ status, stdout, stderr }: Ran) => {
    expect(stderr).toBe("");
    expect(status).toBe(0);
    return JSON.parse(stdout);
  };

  it("copies a file up in parts, describes it, lists it and copies it down again", async () => {
    expect(await s3("s3", "cp", path("big.bin"), "s3://halfgig-uploads/tools/big.bin")).toMatchObject({ status: 0 });
    const head = json(await s3("s3api", "head-object", "--bucket", "halfgig-uploads", "--key", "tools/big.bin"));
    expect(head.ContentLength).toBe(big.length);
    expect(head.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    const listing = await s3("s3", "ls", "s3://halfgig-uploads/tools/");
    expect(listing.stdout).toMatch(new RegExp(`${big.length} big\\.bin\n$`));
    await s3("s3", "cp", "s3://halfgig-uploads/tools/big.bin", path("down.bin"));
    expect(big.equals(await readFile(path("down.bin")))).toBe(true);
  });

  it("lists the buckets, and is told so where it may not change them", async () => {
    const buckets = await s3("s3", "ls");
    expect(buckets.stdout).toMatch(/halfgig-results\n.*halfgig-uploads\n/);
    const made = await s3("s3", "mb", "s3://halfgig-more");
    expect(made.status).not.toBe(0);
    expect(made.stderr).toContain("AccessDenied");
  });

  it.skipIf(!curl)(named("signs an address that curl reads from", curl, "curl"), async () => {
    await s3("s3", "cp", sample.german, "s3://halfgig-uploads/tools/ä b+c.ogg");
    const { stdout: url } = await s3("s3", "presign", "s3://halfgig-uploads/tools/ä b+c.ogg", "--expires-in", "60");
    await run(curl!, ["--fail-with-body", "-sS", "-o", path("presigned.ogg"), url.trim()], {});
    expect(await readFile(path("presigned.ogg"))).toEqual(await readFile(sample.german));
  });

  it("reads the history of a job's execution, event by event", async () => {
    const job = await sendAndWait(demo.api, sample.german);
    const machine = ["--state-machine-arn", access.stateMachineArn];
    const ofJob = async () => {
      const { executions } = json(await api("stepfunctions", "list-executions", ...machine, "--max-items", "5"));
      return executions.find(({ name }: { name: string }) => name.includes(job.jobId));
    };
    // The record is done a moment before its execution is.
    await expect.poll(async () => (await ofJob())?.status, { timeout: 30_000 }).toBe("SUCCEEDED");
    const execution = await ofJob();
    expect(execution).toMatchObject({ status: "SUCCEEDED", stateMachineArn: access.stateMachineArn });
    const named = ["--execution-arn", execution.executionArn];
    const described = json(await api("stepfunctions", "describe-execution", ...named));
    expect(described.input).toContain(job.jobId);
    const { events } = json(await api("stepfunctions", "get-execution-history", ...named));
    const entered = events.flatMap((event: { stateEnteredEventDetails?: { name: string } }) =>
      event.stateEnteredEventDetails ? [event.stateEnteredEventDetails.name] : [],
    );
    const steps = ["Begin", "Probe", "Split", "Merge"];
    expect(entered.filter((name: string) => steps.includes(name))).toEqual(steps);
    expect(events.at(-1)).toMatchObject({ type: "ExecutionSucceeded", id: events.length });
    expect(Math.abs(Date.now() - Date.parse(events[0].timestamp))).toBeLessThan(600_000);
  });

  it("may not start an execution past the API", async () => {
    const started = await api("stepfunctions", "start-execution", "--state-machine-arn", access.stateMachineArn);
    expect(started.status).not.toBe(0);
    expect(started.stderr).toContain("AccessDeniedException");
  });

  it("invokes a function", async () => {
    const event = { routeKey: "GET /v1/jobs", headers: { authorization: `Bearer ${demo.host.accessToken}` } };
    await writeFile(path("event.json"), JSON.stringify(event));
    const invoked = await api(
      ...["lambda", "invoke", "--function-name", "authorize"],
      ...["--payload", `fileb://${path("event.json")}`, path("reply.json")],
    );
    expect(json(invoked)).toMatchObject({ StatusCode: 200, ExecutedVersion: "$LATEST" });
    expect(JSON.parse(await readFile(path("reply.json"), "utf8"))).toMatchObject({ isAuthorized: true });
  });
});

describe.skipIf(!rclone)(named("rclone", rclone, "rclone"), () => {
  const remote = "halfgig:halfgig-uploads/rclone";
  const call = (...args: string[]) =>
    run(rclone!, [...args, "--retries", "1", "--s3-upload-cutoff", "5M", "--s3-chunk-size", "5M"], {
      ...environment,
      RCLONE_CONFIG_HALFGIG_TYPE: "s3",
      RCLONE_CONFIG_HALFGIG_PROVIDER: "Other",
      RCLONE_CONFIG_HALFGIG_ENV_AUTH: "true",
      RCLONE_CONFIG_HALFGIG_REGION: access.region,
      RCLONE_CONFIG_HALFGIG_ENDPOINT: access.addresses.s3,
      RCLONE_CONFIG_HALFGIG_NO_CHECK_BUCKET: "true",
    });

  it("copies a folder up, checks it, copies it down and deletes it", async () => {
    const source = path("folder");
    await mkdir(join(source, "ä + b"), { recursive: true });
    await writeFile(join(source, "big.bin"), big);
    await writeFile(join(source, "ä + b", "small & odd.txt"), "small");
    await writeFile(join(source, "empty"), "");
    expect(await call("copy", source, remote)).toMatchObject({ status: 0 });
    const checked = await call("check", "--download", source, remote);
    expect(checked.stderr).toContain("0 differences found");
    expect(checked.stderr).toContain("3 matching files");
    expect(await call("copy", remote, path("back"))).toMatchObject({ status: 0 });
    expect(big.equals(await readFile(join(path("back"), "big.bin")))).toBe(true);
    expect(await readFile(join(path("back"), "ä + b", "small & odd.txt"), "utf8")).toBe("small");
    expect(await call("delete", remote)).toMatchObject({ status: 0 });
    expect((await call("lsf", "-R", "--files-only", remote)).stdout).toBe("");
  });
});

describe.skipIf(!curl || !openssl)(named("curl and openssl", curl && openssl, "curl openssl"), () => {
  const object = () => `${access.addresses.s3}/halfgig-uploads/tools/curl.bin`;
  // S3 wants the body's hash in a header, which curl does not add by itself before 8.
  const hash = ["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"];
  const signed = () => [...hash, "--aws-sigv4", `aws:amz:${access.region}:s3`, "--user", keyPair()];
  const keyPair = () => `${access.keys.accessKeyId}:${access.keys.secretAccessKey}`;

  it("put a file to an address that openssl signed, and read it back by curl's own signature", async () => {
    const script = join(import.meta.dirname, "presigned-put.sh");
    const put = await run(
      script,
      [path("big.bin"), access.addresses.s3, "halfgig-uploads", "tools/curl.bin"],
      environment,
    );
    expect(put).toMatchObject({ status: 0, stderr: "" });
    const got = await run(curl!, ["--fail-with-body", "-sS", ...signed(), "-o", path("curl.bin"), object()], {});
    expect(got).toMatchObject({ status: 0, stderr: "" });
    expect(big.equals(await readFile(path("curl.bin")))).toBe(true);
  });

  it("are refused with another secret", async () => {
    const script = join(import.meta.dirname, "presigned-put.sh");
    const wrong = { ...environment, AWS_SECRET_ACCESS_KEY: "another" };
    const put = await run(script, [path("big.bin"), access.addresses.s3, "halfgig-uploads", "tools/x"], wrong);
    expect(put.status).not.toBe(0);
    expect(put.stdout).toContain("<Code>SignatureDoesNotMatch</Code>");
  });
});
