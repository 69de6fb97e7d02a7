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

  it.each([
    [{}, 50],
    [{ MAX_VIDEO_SIZE_MB: "120" }, 120],
    [{ MAX_VIDEO_SIZE_MB: "120", MAX_URL_SIZE_MB: "7" }, 7],
  ])("takes %j for downloads of at most %d MB", (given, limit) => {
    expect(readSettings(given).MAX_URL_SIZE_MB).toBe(limit);
  });

  it("reads servers that may be fetched from, and gives them on as they were", () => {
    const { FETCH_ALLOW_HOSTS } = readSettings({ FETCH_ALLOW_HOSTS: "127.0.0.1:8080, [::1]:80,media.lan:443" });
    expect(FETCH_ALLOW_HOSTS).toEqual(["127.0.0.1:8080", "[::1]:80", "media.lan:443"]);
    expect(readSettings({ FETCH_ALLOW_HOSTS: String(FETCH_ALLOW_HOSTS) })).toMatchObject({ FETCH_ALLOW_HOSTS });
    for (const text of ["media.lan", "http://media.lan:80", "127.1:80", "a@b:80"]) {
      expect(() => readSettings({ FETCH_ALLOW_HOSTS: text })).toThrow(/FETCH_ALLOW_HOSTS=.*expected host:port/);
    }
  });

  it("explains each setting", () => {
    const rows = describeSettings(readSettings({}));
    expect(rows.map((row) => row.name)).toEqual(Object.keys(settingSchemas));
    expect(rows.every((row) => row.meaning.length > 10)).toBe(true);
  });

  it("takes MEMORY_MODE=lite for no model at all", () => {
    expect(readSettings({ MEMORY_MODE: "lite" })).toMatchObject({ MEMORY_MODE: "lite", SKIP_AI_MODELS: true });
    expect(readSettings({})).toMatchObject({ MEMORY_MODE: "full", SKIP_AI_MODELS: false });
    expect(() => readSettings({ MEMORY_MODE: "tiny" })).toThrow(/MEMORY_MODE/);
  });
});
