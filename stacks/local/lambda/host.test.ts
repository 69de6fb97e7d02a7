import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { until, Workshop } from "./fixtures.ts";
import { LambdaError } from "./index.ts";

const echo =
  "export const handler = async (event, context) => ({ event, id: context.awsRequestId, pid: process.pid });";

async function failureOf(promise: Promise<unknown>): Promise<LambdaError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LambdaError);
  return error as LambdaError;
}

describe("invoking", () => {
  it("answers, and uses the same process again", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("echo", echo)]);
    const first = (await host.invoke("echo", { a: 1 })) as { event: unknown; pid: number; id: string };
    const second = (await host.invoke("echo", [2], { executionName: "job-7" })) as typeof first;
    expect(first.event).toEqual({ a: 1 });
    expect(second).toMatchObject({ event: [2], pid: first.pid });
    expect(second.id).not.toBe(first.id);
    expect(shop.reports.map(({ coldStart, outcome }) => [coldStart, outcome])).toEqual([
      [true, "ok"],
      [false, "ok"],
    ]);
    expect(shop.reports[1]).toMatchObject({ executionName: "job-7", functionName: "echo", initMs: 0, memoryMB: 256 });
    expect(shop.reports[1]?.peakRssMiB).toBeGreaterThan(20);
    expect(host.status()).toEqual({ echo: { environments: 1, busy: 0, queued: 0 } });
  });

  it("gives the context that Lambda documents", async () => {
    await using shop = new Workshop();
    const source = `export const handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis() });`;
    const host = await shop.host([shop.fn("context", source, { timeoutSeconds: 7 })]);
    const context = (await host.invoke("context", null)) as Record<string, unknown>;
    expect(context).toMatchObject({
      functionName: "context",
      functionVersion: "$LATEST",
      memoryLimitInMB: "256",
      invokedFunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:context",
    });
    expect(context.left).toBeGreaterThan(0);
    expect(context.left).toBeLessThanOrEqual(7000);
  });

  it("reports what the handler threw and keeps the environment", async () => {
    await using shop = new Workshop();
    const source = `export const handler = async (event) => {
      if (event.fail) throw Object.assign(new Error("no such thing"), { name: "media.not_media" });
      return process.pid;
    };`;
    const host = await shop.host([shop.fn("thrower", source)]);
    const pid = await host.invoke("thrower", {});
    const error = await failureOf(host.invoke("thrower", { fail: true }));
    expect(error).toMatchObject({ errorType: "media.not_media", errorMessage: "no such thing" });
    expect(error.trace?.[0]).toContain("no such thing");
    expect(await host.invoke("thrower", {})).toBe(pid);
    expect(shop.reports[1]).toMatchObject({ outcome: "error", errorType: "media.not_media" });
  });

  it.each([
    [
      "exit 3",
      "process.exit(3)",
      "Runtime.ExitError",
      /^RequestId: \S+ Error: Runtime exited with error: exit status 3$/,
    ],
    ["exit 0", "process.exit(0)", "Runtime.ExitError", /Runtime exited without providing a reason$/],
    ["a crash", "process.kill(process.pid, 'SIGSEGV')", "Runtime.ExitError", /signal: segmentation fault$/],
    [
      "an uncaught error",
      "setTimeout(() => { throw new RangeError('late') }); await new Promise(() => {})",
      "RangeError",
      /^late$/,
    ],
    [
      "an unhandled rejection",
      "Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 5000))",
      "Runtime.UnhandledPromiseRejection",
      /^Error: lost$/,
    ],
  ])("fails after %s and starts afresh", async (_name, statement, errorType, message) => {
    await using shop = new Workshop();
    const source = `export const handler = async (event) => { if (event.go) { ${statement}; } return process.pid; };`;
    const host = await shop.host([shop.fn("dying", source)]);
    const pid = await host.invoke("dying", {});
    const error = await failureOf(host.invoke("dying", { go: true }));
    expect(error.errorType).toBe(errorType);
    expect(error.errorMessage).toMatch(message);
    expect(await host.invoke("dying", {})).not.toBe(pid);
  });

  it.each([
    ["throws", "throw new SyntaxError('bad config');", "index.handler", "SyntaxError"],
    ["exits", "process.exit(9);", "index.handler", "Runtime.ExitError"],
    ["has no such export", "export const other = 1;", "index.handler", "Runtime.HandlerNotFound"],
    ["is not there", "", "missing.handler", "Runtime.ImportModuleError"],
    [
      "takes a callback",
      "export const handler = (event, context, callback) => {};",
      "index.handler",
      "Runtime.CallbackHandlerDeprecated",
    ],
  ])("fails the call when the module %s", async (_name, source, handler, errorType) => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("broken", source, { handler })]);
    const error = await failureOf(host.invoke("broken", {}));
    expect(error.errorType).toBe(errorType);
    expect(shop.reports[0]).toMatchObject({
      coldStart: true,
      outcome: errorType === "Runtime.ExitError" ? "exit" : "error",
    });
    await until(() => host.status().broken?.environments === 0);
  });

  it("stops a call at its timeout, with its children", async () => {
    await using shop = new Workshop();
    const source = `import { spawn } from "node:child_process"; import { writeFileSync } from "node:fs";
      export const handler = async (event) => {
        const child = spawn("sleep", ["60"]); writeFileSync(event.file, String(child.pid));
        await new Promise((resolve) => setTimeout(resolve, 60000)); };`;
    const host = await shop.host([shop.fn("slow", source, { timeoutSeconds: 0.5 })]);
    const file = join(shop.directory, "pid");
    const error = await failureOf(host.invoke("slow", { file }));
    expect(error.errorType).toBe("Sandbox.Timedout");
    expect(error.errorMessage).toMatch(/^RequestId: \S+ Error: Task timed out after 0.50 seconds$/);
    const childPid = readFileSync(file, "utf8");
    await until(() => !existsSync(`/proc/${childPid}`));
  });

  it("says so when the bundle is not there, and gives the place in line back", async () => {
    await using shop = new Workshop();
    const taskRoot = join(shop.directory, "nowhere");
    const host = await shop.host([shop.fn("gone", echo, { taskRoot, concurrency: 1 })]);
    await expect(host.invoke("gone", {})).rejects.toThrow(taskRoot);
    await expect(host.invoke("gone", {})).rejects.toThrow(taskRoot);
    expect(host.status().gone).toEqual({ environments: 0, busy: 0, queued: 0 });
    expect(readdirSync(join(shop.directory, "host", "environments"))).toEqual([]);
  });

  it("refuses unknown functions and payloads over six mebibytes, in both directions", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("sized", "export const handler = async ({ size }) => 'x'.repeat(size);")]);
    await expect(host.invoke("nobody", {})).rejects.toMatchObject({
      code: "ResourceNotFoundException",
      httpStatus: 404,
    });
    await expect(host.invoke("sized", "x".repeat(6_291_456))).rejects.toMatchObject({
      code: "RequestTooLargeException",
    });
    expect(await host.invoke("sized", { size: 6_291_554 })).toHaveLength(6_291_554);
    const error = await failureOf(host.invoke("sized", { size: 6_291_555 }));
    expect(error.errorType).toBe("Function.ResponseSizeTooLarge");
  });
});

describe("the environment of a process", () => {
  it("holds the function's and Lambda's variables and nothing of the host's", async () => {
    await using shop = new Workshop();
    process.env.HALFGIG_TEST_SECRET = "leak";
    const environment = { MODEL: "demo", AWS_REGION: "eu-central-1", NODE_OPTIONS: "--no-deprecation" };
    const source = "export const handler = async () => ({ env: process.env, cwd: process.cwd() });";
    const fn = shop.fn("env", source, { environment });
    const host = await shop.host([fn]);
    const { env, cwd } = (await host.invoke("env", {})) as { env: Record<string, string>; cwd: string };
    delete process.env.HALFGIG_TEST_SECRET;
    const shellsOwn = ["PWD", "OLDPWD", "SHLVL", "_"];
    expect(
      Object.keys(env)
        .filter((name) => !shellsOwn.includes(name))
        .sort(),
    ).toEqual(
      [
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "HOME",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "MODEL",
        "NODE_OPTIONS",
        "PATH",
        "TMPDIR",
        "TZ",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
      ].sort(),
    );
    expect(env).toMatchObject({ MODEL: "demo", AWS_REGION: "eu-central-1", TZ: ":UTC", _HANDLER: "index.handler" });
    expect(env.NODE_OPTIONS).toBe("--max-old-space-size=230 --no-deprecation");
    expect(cwd).toBe(fn.taskRoot);
  });

  it("has a temporary folder of its own, under a quota, that goes with it", async () => {
    await using shop = new Workshop();
    const source = `import { tmpdir } from "node:os"; import { writeFileSync } from "node:fs";
      export const handler = async ({ sizeMB, wait }) => { writeFileSync(tmpdir() + "/file", Buffer.alloc(sizeMB << 20, 1));
        if (wait) await new Promise((resolve) => setTimeout(resolve, 8000)); return tmpdir(); };`;
    const host = await shop.host([shop.fn("writer", source, { tmpMB: 4 })]);
    const folder = (await host.invoke("writer", { sizeMB: 3 })) as string;
    expect(existsSync(join(folder, "file"))).toBe(true);
    const error = await failureOf(host.invoke("writer", { sizeMB: 6 }));
    expect(error.errorType).toBe("Sandbox.TmpQuotaExceeded");
    await until(() => !existsSync(folder));
    expect((await failureOf(host.invoke("writer", { sizeMB: 6, wait: true }))).errorType).toBe(
      "Sandbox.TmpQuotaExceeded",
    );
  });
});

describe("the pool", () => {
  const slow = `export const handler = async ({ n, ms = 150 }) => { const from = Date.now();
    await new Promise((resolve) => setTimeout(resolve, ms)); return { n, from, to: Date.now(), pid: process.pid }; };`;
  type Span = { n: number; from: number; to: number; pid: number };

  it("makes calls beyond the reserved concurrency wait in line", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("slow", slow, { concurrency: 1 })]);
    const calls = [0, 1, 2, 3].map((n) => host.invoke("slow", { n }) as Promise<Span>);
    await until(() => host.status().slow?.queued === 3);
    const spans = await Promise.all(calls);
    expect(new Set(spans.map(({ pid }) => pid)).size).toBe(1);
    for (const [index, span] of spans.entries()) {
      expect(span.n).toBe(index);
      if (index > 0) expect(span.from).toBeGreaterThanOrEqual(spans[index - 1]?.to ?? 0);
    }
  });

  it("runs calls at once in processes of their own", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("slow", slow, { concurrency: 2 })]);
    const spans = (await Promise.all([0, 1].map((n) => host.invoke("slow", { n, ms: 700 })))) as Span[];
    expect(new Set(spans.map(({ pid }) => pid)).size).toBe(2);
    expect(host.status().slow).toEqual({ environments: 2, busy: 0, queued: 0 });
  });

  it("takes an aborted call out of the line, or ends its environment", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("slow", slow, { concurrency: 1 })]);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = host
      .invoke("slow", { n: 1, ms: 20_000 }, { signal: running.signal })
      .catch((error: Error) => error.message);
    const second = host.invoke("slow", { n: 2 }, { signal: waiting.signal }).catch((error: Error) => error.message);
    const third = host.invoke("slow", { n: 3 });
    waiting.abort(new Error("not needed"));
    expect(await second).toBe("not needed");
    expect(host.status().slow?.queued).toBe(1);
    await until(() => host.status().slow?.environments === 1);
    running.abort(new Error("gave up"));
    expect(await first).toBe("gave up");
    expect(await third).toMatchObject({ n: 3 });
  });

  it("stops environments that are not used", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("echo", echo)], { idleMs: 50 });
    const { pid } = (await host.invoke("echo", {})) as { pid: number };
    await until(() => !existsSync(`/proc/${pid}`));
    await until(() => host.status().echo?.environments === 0);
    expect(readdirSync(join(shop.directory, "host", "environments"))).toEqual([]);
  });

  it("survives an environment that dies while it is idle", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("echo", echo)]);
    const { pid } = (await host.invoke("echo", {})) as { pid: number };
    process.kill(pid, "SIGKILL");
    await until(() => host.status().echo?.environments === 0);
    expect(await host.invoke("echo", {})).toMatchObject({ event: {} });
  });

  it("ends what runs when the host closes, and refuses what comes later", async () => {
    await using shop = new Workshop();
    const host = await shop.host([shop.fn("slow", slow, { concurrency: 1 })]);
    const running = failureOf(host.invoke("slow", { n: 1, ms: 20_000 }));
    const queued = host.invoke("slow", { n: 2 }).catch((error: { code?: string }) => error.code);
    await until(() => host.status().slow?.environments === 1);
    await host.close({ graceMs: 500 });
    expect((await running).errorType).toBe("Sandbox.Stopped");
    expect(await queued).toBe("ServiceException");
    await expect(host.invoke("slow", {})).rejects.toMatchObject({ code: "ServiceException" });
    expect(readdirSync(join(shop.directory, "host", "environments"))).toEqual([]);
  });
});

describe("the log", () => {
  it("has Lambda's lines around the function's own", async () => {
    await using shop = new Workshop();
    const source = `export const handler = async () => { console.log("hello", { a: 1 }); process.stderr.write("raw\\n"); };`;
    const host = await shop.host([shop.fn("talker", source)]);
    await host.invoke("talker", {});
    const requestId = shop.reports[0]?.requestId;
    await host.close();
    const log = readFileSync(join(shop.directory, "host", "logs", "talker.log"), "utf8");
    expect(log).toMatch(new RegExp(`^START RequestId: ${requestId} Version: \\$LATEST$`, "m"));
    expect(log).toMatch(new RegExp(`^\\S+Z\\t${requestId}\\tINFO\\thello { a: 1 }$`, "m"));
    expect(log).toMatch(/^raw$/m);
    expect(log).toMatch(
      new RegExp(
        `^REPORT RequestId: ${requestId}\\tDuration: [\\d.]+ ms\\tBilled Duration: \\d+ ms\\tMemory Size: 256 MB\\tMax Memory Used: \\d+ MB\\tInit Duration: [\\d.]+ ms$`,
        "m",
      ),
    );
  });
});
