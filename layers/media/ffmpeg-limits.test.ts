import { existsSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Ffmpeg } from "./ffmpeg.ts";

const childOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter((child) => existsSync(`/proc/${child}/comm`))
    .find((child) => readFileSync(`/proc/${child}/comm`, "utf8").trim() === "ffmpeg");

it("ffmpeg runs in a group of its own, without our environment, under limits, and ends with its owner", async () => {
  process.env.AWS_SECRET_ACCESS_KEY ??= "a-secret";
  const forever = ["-re", "-f", "lavfi", "-i", "anullsrc", "-f", "null", "-"];
  const ffmpeg = new Ffmpeg(forever, { logLevel: "error", timeoutMs: 60_000, pipes: false });
  await expect.poll(() => childOf(process.pid)).toBeDefined();
  const pid = childOf(process.pid);
  const file = (name: string) => readFileSync(`/proc/${pid}/${name}`, "utf8");
  expect(file("stat").split(") ")[1]!.split(" ")[2]).toBe(pid);
  const names = file("environ")
    .split("\0")
    .map((one) => one.split("=")[0]);
  expect(names.filter((name) => name !== "" && !["PWD", "OLDPWD", "SHLVL", "_"].includes(name ?? ""))).toEqual([]);
  expect(file("limits")).toMatch(/^Max cpu time +61 +61 /m);
  expect(file("limits")).toMatch(/^Max address space +1073741824 +1073741824 /m);
  expect(file("limits")).toMatch(/^Max file size +0 +0 /m);
  expect(file("limits")).toMatch(/^Max open files +32 +32 /m);
  await ffmpeg[Symbol.asyncDispose]();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});
