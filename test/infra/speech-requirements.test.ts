import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../../stacks/local/project-root.ts";

/** What a correct transcription is made of, numbered; each number has at least one test that carries it in its name. */
const requirements = Array.from({ length: 31 }, (_, i) => i + 1);

/** The numbers in the names of tests, such as `SPEECH 14: beam 5 with patience` or `SPEECH 2, 3: …`. */
function requirementsIn(source: string): number[] {
  return [...source.matchAll(/\(\s*["'`]SPEECH (\d+(?:, \d+)*):/g)].flatMap(([, list = ""]) =>
    list.split(", ").map(Number),
  );
}

function testFiles(): string[] {
  return ["layers", "functions", "stacks", "cli", "test"].flatMap((folder) =>
    readdirSync(join(projectRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => join(folder, file))
      .sort(),
  );
}

describe("the requirements of speech", () => {
  it("are each named by a test", () => {
    const tests = new Map<number, string[]>();
    for (const file of testFiles()) {
      for (const number of requirementsIn(readFileSync(join(projectRoot, file), "utf8"))) {
        tests.set(number, [...(tests.get(number) ?? []), file]);
      }
    }
    const lines = requirements.map((number) => {
      const files = tests.get(number) ?? [];
      return `SPEECH ${String(number).padEnd(2)} ${String(files.length).padStart(2)} in ${[...new Set(files)].join(", ")}`;
    });
    console.info(`tests by requirement\n${lines.join("\n")}`);
    expect(requirements.filter((number) => !tests.has(number))).toEqual([]);
    expect([...tests.keys()].filter((number) => !requirements.includes(number))).toEqual([]);
  });

  it("are found in names as they are written", () => {
    const source = `it("${"SPEECH"} 7: x"); it.each([])(\n '${"SPEECH"} 2, 3: y'); // "${"SPEECH"} 9: z"`;
    expect(requirementsIn(source)).toEqual([7, 2, 3]);
  });
});
