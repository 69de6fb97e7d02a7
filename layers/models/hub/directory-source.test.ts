import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DirectorySource } from "./directory-source.ts";
import { openSource } from "./index.ts";
import { defaultPatience } from "./settings.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-mirror-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const commit = "c0ffee".padEnd(40, "0");
const put = async (path: string, text = "{}") => {
  await mkdir(dirname(join(directory, path)), { recursive: true });
  await writeFile(join(directory, path), text);
};
const open = (changes = {}) =>
  new DirectorySource(directory).open({
    repo: "org/model",
    revision: "main",
    name: "config.json",
    startByte: 0,
    ...changes,
  });

describe("DirectorySource", () => {
  it.each([
    ["the hub's addresses", "org/model/resolve/main/config.json"],
    ["a clone", "org/model/config.json"],
    ["the cache of the hub's tools", `models--org--model/snapshots/${commit}/config.json`],
  ])("finds a file in the layout of %s", async (_name, path) => {
    await put(path);
    await put("models--org--model/refs/main", `${commit}\n`);
    const opened = await open();
    expect(opened).toMatchObject({ totalBytes: 2, startByte: 0, commit });
    await opened.cancel();
  });

  it("goes on in the middle of a file that has not changed", async () => {
    await put("org/model/config.json", "0123456789");
    const { validator, cancel } = await open();
    await cancel();
    const rest = await open({ startByte: 4, validator });
    expect(rest.startByte).toBe(4);
    const chunks: Uint8Array[] = [];
    for await (const chunk of rest.body) chunks.push(chunk);
    expect(Buffer.concat(chunks).toString()).toBe("456789");
    const other = await open({ startByte: 4, validator: '"other"' });
    expect(other.startByte).toBe(0);
    await other.cancel();
  });

  it("says where it has looked", async () => {
    await expect(open()).rejects.toMatchObject({
      code: "model.not_published",
      message: expect.stringContaining(join(directory, "org/model/resolve/main/config.json")),
    });
  });
});

describe("openSource", () => {
  const hub = { endpoint: new URL("https://hub.example"), offline: true, patience: defaultPatience };

  it("uses no network where that is forbidden, but a mirror all the same", () => {
    expect(() => openSource(hub)).toThrow(expect.objectContaining({ code: "model.hub_unreachable" }));
    expect(() => openSource(hub)).toThrow(/HF_HUB_OFFLINE/);
    expect(openSource({ ...hub, mirrorDirectory: directory }).description).toContain(directory);
    expect(openSource({ ...hub, offline: false }).description).toBe("the model hub at https://hub.example");
  });
});
