import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ApiClient } from "../../cli/client.ts";
import { readSettings } from "../../layers/core/index.ts";
import { buildVoiceModel, type VoiceManifest } from "../../layers/models/index.ts";
import { voiceReportSchema } from "../../layers/voice/index.ts";
import { LocalHost } from "../../stacks/local/host.ts";
import { writeSeededVoiceCheckpoint } from "../parity/voice-checkpoint.ts";
import { bundleCache } from "../support/bundle-cache.ts";
import { sample } from "./support/media.ts";
import { sendAndWait } from "./support/send.ts";

let directory: string;
let manifest: VoiceManifest;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "halfgig-voice-bucket-"));
  const checkpointDirectory = join(directory, "checkpoint");
  await writeSeededVoiceCheckpoint(checkpointDirectory, "xlsrSmall");
  manifest = await buildVoiceModel({
    checkpointDirectory,
    outputDirectory: join(directory, "built"),
    precision: "int8",
    // The card of the detector that is published, on an encoder of its kind that is small.
    identity: { id: "xlsr-pellav2", revision: "seeded", licence: "MIT", demo: false },
  });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

it("a detector that is too large for a layer comes from the bucket: brought once, fetched once per environment", async () => {
  const notices: string[] = [];
  const open = () =>
    LocalHost.open({
      dataDirectory: join(directory, "data"),
      settings: readSettings({ ...bundleCache(), VOICE_MODEL: "xlsr", DISABLE_WHISPER: "1" }),
      voice: { directory: join(directory, "built"), manifest },
      onNotice: (line) => notices.push(line),
    });
  const brought = () => notices.filter((line) => line.startsWith("brought xlsr-pellav2")).length;
  {
    await using host = await open();
    expect(brought()).toBe(1);
    const api = new ApiClient(host.url, host.accessToken);
    const job = await sendAndWait(api, sample.english, { tasks: ["voice"], voiceModel: "xlsr" });
    expect(job.error?.message ?? job.status).toBe("done");
    const report = voiceReportSchema.parse(JSON.parse(await api.voice(job.jobId)));
    expect(report.model).toMatchObject({ id: "xlsr-pellav2", precision: "int8", demo: false });
    expect(report.model.benchmark).toMatchObject({ independent: true, accuracy: 0.958 });
    expect(report.judgedShare).toBe(1);
  }
  await using again = await open();
  expect(again.url).toMatch(/^http/);
  expect(brought()).toBe(1);
});
