import { describe, expect, it, vi } from "vitest";
import { run } from "../main.ts";
import { optionTable } from "../options.ts";
import { commandPages, helpPage, helpTopics, mainPage, topicPages } from "./index.ts";

const pages = { halfgig: mainPage, ...commandPages, ...topicPages };

async function printed(argv: string[]): Promise<{ status: number; text: string }> {
  const stdout = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  const status = await run(argv);
  const text = stdout.mock.calls.join("");
  stdout.mockRestore();
  return { status, text };
}

describe("help", () => {
  it.each(Object.entries(pages))("of %s fits a screen, and begins with an example", (_name, page) => {
    const lines = page.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(30);
    for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(100);
    expect(lines.slice(2, 4).join("\n")).toMatch(/halfgig/);
  });

  it("is what it was", async () => {
    await expect(
      Object.entries(pages)
        .map(([name, page]) => `──── ${name}\n${page}`)
        .join("\n"),
    ).toMatchFileSnapshot("pages.txt");
  });

  it("is printed for --help, for a command's --help, and for help with a topic", async () => {
    expect(await printed(["--help"])).toEqual({ status: 0, text: mainPage });
    expect(await printed(["talk.mp4", "--help"])).toEqual({ status: 0, text: mainPage });
    for (const topic of helpTopics)
      expect(await printed(["help", topic])).toEqual({ status: 0, text: helpPage(topic) });
    for (const command of Object.keys(commandPages)) {
      expect(await printed([command, "--help"]), command).toEqual({ status: 0, text: helpPage(command) });
    }
  });

  it("knows every option that there is", () => {
    const text = Object.values(pages).join("\n");
    const missing = Object.keys(optionTable).filter((name) => !text.includes(`--${name}`));
    expect(missing).toEqual(["help", "version"].filter((name) => missing.includes(name)));
  });
});
