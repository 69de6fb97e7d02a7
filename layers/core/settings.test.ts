import { describe, expect, it } from "vitest";
import { describeSettings, readSettings, settingSchemas } from "./settings.ts";

describe("readSettings", () => {
  it("has a default for everything that needs one", () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      WHISPER_MODEL: "whisper-tiny",
      USE_INT8_QUANTIZATION: true,
      MAX_VIDEO_SIZE_MB: 200,
      MAX_CONCURRENCY: 2,
      HALFGIG_INFER_MEMORY: 512,
    });
    expect(settings.FFMPEG_PATH).toBeUndefined();
  });

  it.each([
    ["false", false],
    ["0", false],
    ["off", false],
    ["TRUE", true],
    ["1", true],
    ["", true],
  ])("reads USE_INT8_QUANTIZATION=%j as %j", (text, value) => {
    expect(readSettings({ USE_INT8_QUANTIZATION: text }).USE_INT8_QUANTIZATION).toBe(value);
  });

  it("names every variable that cannot be used, with its value", () => {
    const read = () =>
      readSettings({ MAX_CONCURRENCY: "many", HALFGIG_INFER_MEMORY: "7", USE_INT8_QUANTIZATION: "maybe" });
    expect(read).toThrow(/MAX_CONCURRENCY="many".*|HALFGIG_INFER_MEMORY="7"/);
    expect(read).toThrow(/HALFGIG_INFER_MEMORY="7"/);
    expect(read).toThrow(/USE_INT8_QUANTIZATION="maybe"/);
    expect(read).toThrow(expect.objectContaining({ code: "config.invalid" }));
  });

  it("never prints the token of the model hub", () => {
    const rows = describeSettings(readSettings({ HF_TOKEN: "hf_secret\n" }));
    expect(rows.find(({ name }) => name === "HF_TOKEN")?.value).toBe("(hidden)");
    const read = () => readSettings({ HF_TOKEN: "hf secret", HF_ENDPOINT: "ftp://hub" });
    expect(read).toThrow(/HF_TOKEN=\(hidden\): expected one word/);
    expect(read).toThrow(/HF_ENDPOINT="ftp:\/\/hub"/);
  });

  it.each([
    ["OPENAI_API_KEY", "sk-hunter2\nOTHER=1"],
    ["OPENAI_BASE_URL", "http://bob:hunter2@127.0.0.1/v1"],
    ["HF_ENDPOINT", "https://bob:hunter2@hub.example"],
  ])("refuses %s where fetch() would quote the secret, and does not quote it", (name, value) => {
    const read = () => readSettings({ [name]: value });
    expect(read).toThrow(`${name}=(hidden): expected`);
    expect(read).not.toThrow(/hunter2/);
  });

  it("explains each setting", () => {
    const rows = describeSettings(readSettings({}));
    expect(rows.map((row) => row.name)).toEqual(Object.keys(settingSchemas));
    expect(rows.every((row) => row.meaning.length > 10)).toBe(true);
  });
});
