import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { publishAddresses } from "../../stacks/local/addresses.ts";
import { listenOnLoopback } from "../../stacks/local/listen.ts";
import { toolAccess } from "../../stacks/local/tool-access.ts";
import { shellCommands } from "./credentials.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-credentials-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe("halfgig credentials", () => {
  it("has nothing to say where no host runs, or where one was killed", async () => {
    expect(await toolAccess(directory)).toBeUndefined();
    const gone = "http://127.0.0.1:4";
    await publishAddresses(directory, { gateway: gone, s3: gone, api: gone });
    expect(await toolAccess(directory)).toBeUndefined();
  });

  it("prints what a shell can take, and the same keys each time", async () => {
    const listening = await listenOnLoopback((_request, response) => response.end(), 0);
    const { url } = listening;
    const withdraw = await publishAddresses(directory, { gateway: url, s3: url, api: url });
    const access = await toolAccess(directory);
    const again = await toolAccess(directory);
    expect(again?.keys).toEqual(access?.keys);
    const text = shellCommands(access!);
    expect(text).toMatch(/^export AWS_ACCESS_KEY_ID=AKIA[0-9A-F]{16}$/m);
    expect(text).toContain(`export AWS_ENDPOINT_URL_S3=${url}\n`);
    // A shell must not read more into it than names and values.
    for (const line of text.trimEnd().split("\n")) expect(line).toMatch(/^(export [A-Z0-9_]+=[\w:/.+=-]+|#.*)$/);
    await withdraw();
    expect(await toolAccess(directory)).toBeUndefined();
    await listening.close();
  });
});
