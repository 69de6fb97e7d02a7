import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lockDirectory } from "../stacks/local/lock.ts";
import { removeAbandoned, temporaryPrefix } from "./temporary-data.ts";

it("removes the data of runs that were killed, and no other folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "halfgig-temporary-"));
  const make = async (name: string) => {
    await mkdir(join(folder, name, "s3"), { recursive: true });
    return join(folder, name);
  };
  const killed = await make(`${temporaryPrefix}killed`);
  await writeFile(join(killed, "host.lock"), JSON.stringify({ pid: 2 ** 22 - 1, started: "1" }));
  const lock = await lockDirectory(await make(`${temporaryPrefix}running`));
  await make(`${temporaryPrefix}beginning`);
  const other = await make("somebody-elses");
  await writeFile(join(other, "host.lock"), JSON.stringify({ pid: 2 ** 22 - 1, started: "1" }));
  await removeAbandoned(folder);
  expect((await readdir(folder)).sort()).toEqual(
    [`${temporaryPrefix}beginning`, `${temporaryPrefix}running`, "somebody-elses"].sort(),
  );
  await lock.release();
  await rm(folder, { recursive: true });
});
