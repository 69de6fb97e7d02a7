import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { ApiClient } from "../../../cli/client.ts";
import { table } from "../../../cli/tables.ts";
import { Tally } from "../../../cli/tally.ts";
import { readSettings } from "../../../layers/core/index.ts";
import { buildEmbeddingModel, resolveModel } from "../../../layers/models/index.ts";
import { formatTimestamp } from "../../../layers/transcript/index.ts";
import { LocalHost } from "../../../stacks/local/host.ts";
import { repeated } from "../../e2e/support/media.ts";
import { sendWithTranscript } from "../../e2e/support/send.ts";
import { readEmbeddingGolden, writeSeededEmbeddingCheckpoint } from "../../parity/embedding-checkpoint.ts";

const mostShare = 0.9;
const vocabularySize = 30_522;
/** MEMORY_MINUTES makes it shorter while one works on it. */
const minutes = Number(process.env.MEMORY_MINUTES ?? 120);
const cueMs = 5000;

it(`index, search and ask with a model of all-MiniLM-L6-v2's true size, each in 512 MB: ${minutes} minutes of talk`, async () => {
  const directory = await mkdtemp(join(tmpdir(), "halfgig-search-memory-"));
  const tally = new Tally();
  try {
    const checkpointDirectory = join(directory, "checkpoint");
    const { vocabulary } = (await readEmbeddingGolden()).wordPieces;
    const words = Array.from({ length: vocabularySize - vocabulary.length }, (_, n) => `w${n.toString(36)}`);
    await writeSeededEmbeddingCheckpoint(checkpointDirectory, [...vocabulary, ...words]);
    const embedding = {
      directory: join(directory, "embedding"),
      manifest: await buildEmbeddingModel({
        checkpointDirectory,
        outputDirectory: join(directory, "embedding"),
        precision: "int8",
        identity: { id: "true-size", revision: "seeded", licence: "", demo: false },
      }),
    };
    await using host = await LocalHost.open({
      dataDirectory: join(directory, "data"),
      settings: readSettings({ MAX_VIDEO_SIZE_MB: "2048" }),
      model: await resolveModel({ id: "demo", modelsDirectory: join(directory, "models"), precision: "int8" }),
      embedding,
      onReport: (report) => tally.add(report),
    });
    expect(host.limiter, "a control group must be possible where this runs").toMatch(/^cgroup/);
    const api = new ApiClient(host.url, host.accessToken);
    const file = await repeated(directory, minutes * 4, "long.wav");
    // A repetition has a little less than 15 s, and what is said after the end has no place in time.
    const cues = Array.from({ length: Math.floor((minutes * 59_000) / cueMs) }, (_, n) => {
      const said = Array.from({ length: 14 }, (_, k) => words[(n * 131 + k * 977) % words.length]).join(" ");
      return `${n + 1}\n${formatTimestamp(n * cueMs, ",")} --> ${formatTimestamp((n + 1) * cueMs - 100, ",")}\n${said}.\n`;
    });
    const job = await sendWithTranscript(api, file, { format: "srt", text: cues.join("\n"), directory });
    expect(job.error?.message ?? job.status).toBe("done");
    let found = await api.search({ q: words[977]! });
    while (found.passages.length === 0) {
      await sleep(500);
      found = await api.search({ q: words[977]! });
      expect((await api.job(job.jobId)).warnings).toEqual([]);
    }
    expect(found.embedding.lexical).toBe(false);
    for (let n = 0; n < 100; n++) await api.search({ q: `${words[n]} ${words[n * 7]}`, limit: "50" });
    expect((await api.ask({ question: `${words[5]}?` })).by).toBe("extract");
    const passages = await api.indexJob(job.jobId);
    expect(passages).toBeGreaterThan(minutes);
    const ours = tally.functions.filter(({ functionName }) =>
      ["index", "search", "ask", "reindex"].includes(functionName),
    );
    console.info(
      table(
        ["function", "invocations", "limit MiB", "peak MiB", "share"],
        ours.map(({ functionName, invocations, memoryMB, peakRssMiB }) => [
          ...[functionName, invocations, memoryMB, Math.round(peakRssMiB)],
          `${((100 * peakRssMiB) / memoryMB).toFixed(0)} %`,
        ]),
      ),
      `\n${passages} passages`,
    );
    expect(ours).toHaveLength(4);
    for (const { functionName, peakRssMiB, memoryMB, failures } of ours) {
      expect(memoryMB).toBe(512);
      expect(failures, functionName).toBe(0);
      expect(peakRssMiB, functionName).toBeLessThan(mostShare * memoryMB);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});
