import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { LogFile } from "./log-file.ts";

const directory = mkdtempSync(join(tmpdir(), "halfgig-log-"));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("a log file", () => {
  it("keeps order, and never more than two files of its size", async () => {
    const path = join(directory, "logs", "fn.log");
    const log = new LogFile(path, 1000);
    for (let line = 0; line < 500; line++) void log.write(`line ${String(line).padStart(4, "0")}\n`);
    await log.flush();
    expect(readdirSync(join(directory, "logs")).sort()).toEqual(["fn.log", "fn.log.1"]);
    expect(statSync(path).size).toBeLessThanOrEqual(1000);
    const kept = (readFileSync(`${path}.1`, "utf8") + readFileSync(path, "utf8")).trim().split("\n");
    expect(kept.at(-1)).toBe("line 0499");
    expect(kept).toEqual([...kept].sort());
    expect(kept.length).toBeGreaterThan(100);
  });

  it("goes on where an earlier host stopped", async () => {
    const path = join(directory, "logs", "fn.log");
    await new LogFile(path, 20).write("fifteen bytes..");
    const log = new LogFile(path, 20);
    await log.write("ten bytes.");
    expect(readFileSync(`${path}.1`, "utf8")).toBe("fifteen bytes..");
    expect(readFileSync(path, "utf8")).toBe("ten bytes.");
  });
});
