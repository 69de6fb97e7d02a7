import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type JobId, newJobId, parseTenantId, type TenantId } from "../../layers/core/index.ts";
import { lexicalEmbedder, type SearchIndex } from "../../layers/search/index.ts";
import { lexicalPassage, type PassageSeed, vectorOf } from "../support/search-data.ts";

export type IndexUnderTest = AsyncDisposable & {
  index: SearchIndex;
  /** The same index as another process opens it. */
  again(): Promise<SearchIndex>;
  /** Waits until what was written can be found, in stores where that takes a while. */
  settle(): Promise<void>;
};

const { embedding } = lexicalEmbedder;
const other = { id: "another-model@1", lexical: false };

/** What every store of passages does: the one proof that they can be exchanged. */
export function describeSearchIndex(
  name: string,
  open: () => Promise<IndexUnderTest>,
  { fullText }: { fullText: boolean },
): void {
  describe(name, () => {
    let subject: IndexUnderTest;
    let tenants = 0;
    beforeAll(async () => {
      subject = await open();
    });
    afterAll(() => subject?.[Symbol.asyncDispose]());

    const newTenant = () => parseTenantId(`t${Date.now().toString(36)}-${tenants++}`);
    async function filled(...seeds: PassageSeed[]) {
      const tenant = newTenant();
      await subject.index.upsert(tenant, embedding, seeds.map(lexicalPassage));
      await subject.settle();
      return tenant;
    }
    const texts = async (tenant: TenantId, query: string, more: object = {}) => {
      const found = await subject.index.query({
        tenant,
        embedding,
        vector: vectorOf(query),
        text: query,
        limit: 10,
        ...more,
      });
      return found.map(({ text }) => text);
    };

    it("gives a passage back as it was written, the nearest first", async () => {
      const jobId = newJobId();
      const tenant = await filled(
        {
          jobId,
          text: "the harvest of grapes was late",
          count: 2,
          startMs: 1500,
          endMs: 4200,
          language: "en",
          voiceVerdict: "spoof",
        },
        { jobId, text: "a train leaves the station", index: 1, count: 2 },
      );
      const [first, ...rest] = await subject.index.query({
        tenant,
        embedding,
        vector: vectorOf("late harvest of grapes"),
        limit: 5,
      });
      const {
        vector: _,
        createdMs: __,
        ...written
      } = lexicalPassage({
        jobId,
        text: "the harvest of grapes was late",
        count: 2,
        startMs: 1500,
        endMs: 4200,
        language: "en",
        voiceVerdict: "spoof",
      });
      expect(first).toEqual({ ...written, score: expect.any(Number) });
      expect(rest.map(({ text }) => text)).toEqual(["a train leaves the station"]);
      expect(rest[0]!.score).toBeLessThan(first!.score);
    });

    it("writes a passage over that is there already", async () => {
      const seed = { jobId: newJobId(), text: "once and only once" };
      const tenant = await filled(seed);
      await subject.index.upsert(tenant, embedding, [lexicalPassage(seed)]);
      await subject.settle();
      expect(await texts(tenant, "once")).toEqual(["once and only once"]);
    });

    it("finds nothing for a tenant who has nothing, and says so", async () => {
      const tenant = newTenant();
      expect(await texts(tenant, "anything")).toEqual([]);
      expect(await subject.index.describe(tenant)).toMatchObject({ embedding: null, format: null, fullText });
      await subject.index.deleteJob({ tenant, jobId: newJobId() });
    });

    it("gives no more than is asked for", async () => {
      const jobId = newJobId();
      const tenant = await filled(
        ...Array.from({ length: 30 }, (_, n) => ({
          jobId,
          text: `harvest number ${n}`,
          startMs: n * 1000,
          index: n,
          count: 30,
        })),
      );
      const found = await subject.index.query({
        tenant,
        embedding,
        vector: vectorOf("harvest"),
        text: "harvest",
        limit: 7,
      });
      expect(found).toHaveLength(7);
      expect(new Set(found.map(({ id }) => id)).size).toBe(7);
    });

    it("deletes a job's passages and no others, however many there are", async () => {
      const [gone, kept] = [newJobId(1), newJobId(2)];
      const count = 620;
      const many = Array.from({ length: count }, (_, n) => ({
        jobId: gone,
        text: `rain in town ${n}`,
        startMs: n * 1000,
        index: n,
        count,
      }));
      const tenant = newTenant();
      for (let n = 0; n < count; n += 100)
        await subject.index.upsert(tenant, embedding, many.slice(n, n + 100).map(lexicalPassage));
      await subject.index.upsert(tenant, embedding, [lexicalPassage({ jobId: kept, text: "rain in the valley" })]);
      await subject.settle();
      expect(await texts(tenant, "rain in town", { limit: 100 })).toHaveLength(100);
      await subject.index.deleteJob({ tenant, jobId: gone });
      await subject.settle();
      expect(await texts(tenant, "rain in town", { limit: 100 })).toEqual(["rain in the valley"]);
      // Deleted for all who have the index open.
      await using other = await subject.again();
      const found = await other.query({ tenant, embedding, vector: vectorOf("rain"), limit: 100 });
      expect(found.map(({ jobId }) => jobId)).toEqual([kept]);
    });

    describe("filters", () => {
      const [a, b] = [newJobId(10), newJobId(20)];
      let tenant: TenantId;
      beforeAll(async () => {
        tenant = await filled(
          {
            jobId: a,
            text: "wind from the north",
            startMs: 0,
            endMs: 10_000,
            language: "en",
            createdMs: 1000,
            voiceVerdict: "bona_fide",
            count: 2,
          },
          {
            jobId: a,
            text: "wind from the west",
            startMs: 10_000,
            endMs: 20_000,
            language: "en",
            createdMs: 1000,
            voiceVerdict: "spoof",
            index: 1,
            count: 2,
          },
          { jobId: b, text: "wind aus Osten", startMs: 0, endMs: 10_000, language: "de", createdMs: 2000 },
        );
      });
      const cases: [string, object, string[]][] = [
        ["job", { jobId: a }, ["wind from the north", "wind from the west"]],
        ["language", { language: "de" }, ["wind aus Osten"]],
        ["voice verdict", { voiceVerdict: "spoof" }, ["wind from the west"]],
        ["from a place in the recording", { fromMs: 10_000 }, ["wind from the west"]],
        ["up to a place in the recording", { toMs: 10_000 }, ["wind aus Osten", "wind from the north"]],
        ["since", { sinceMs: 2000 }, ["wind aus Osten"]],
        ["until", { untilMs: 2000 }, ["wind from the north", "wind from the west"]],
        ["several at once", { jobId: a, voiceVerdict: "bona_fide", toMs: 5000 }, ["wind from the north"]],
        ["nothing that fits", { jobId: b, language: "en" }, []],
      ];
      it.each(cases)("%s", async (_, filters, expected) => {
        expect((await texts(tenant, "wind", { filters })).sort()).toEqual(expected);
      });
    });

    it("refuses another embedding, to read and to write, until the tenant's passages are cleared", async () => {
      const tenant = await filled({ jobId: newJobId(), text: "made by spelling" });
      const neighbour = await filled({ jobId: newJobId(), text: "made by spelling too" });
      const query = { tenant, embedding: other, vector: vectorOf("x"), limit: 1 };
      await expect(subject.index.query(query)).rejects.toMatchObject({
        code: "search.embedding_changed",
        message: expect.stringMatching(/lexical-1.*another-model@1.*halfgig reindex/s),
      });
      const row = lexicalPassage({ jobId: newJobId(), text: "made by meaning" });
      await expect(subject.index.upsert(tenant, other, [row])).rejects.toMatchObject({
        code: "search.embedding_changed",
      });
      await subject.index.clear(tenant);
      await subject.index.upsert(tenant, other, [row]);
      await subject.settle();
      expect((await subject.index.query(query)).map(({ text }) => text)).toEqual(["made by meaning"]);
      expect(await subject.index.describe(tenant)).toMatchObject({ embedding: other.id, format: 1 });
      expect(await texts(neighbour, "spelling")).toEqual(["made by spelling too"]);
    });

    it("shows nobody another tenant's passages, whatever is asked and whatever was deleted", async () => {
      const words = fc.constantFrom("harvest", "rain", "train", "north wind", "harvest rain");
      const write = fc.record({ owner: fc.nat(2), job: fc.nat(3), text: words, startMs: fc.nat(5) });
      const change = fc.oneof(
        { weight: 5, arbitrary: write },
        { weight: 1, arbitrary: fc.record({ owner: fc.nat(2), deleted: fc.nat(3) }) },
      );
      await fc.assert(
        fc.asyncProperty(
          fc.array(change, { maxLength: 14 }),
          words,
          fc.option(fc.nat(3), { nil: undefined }),
          async (changes, query, filter) => {
            const owners = [newTenant(), newTenant(), newTenant()];
            // The same ids for all: only the tenant tells their jobs apart.
            const jobs: JobId[] = [newJobId(1), newJobId(2), newJobId(3), newJobId(4)];
            const expected = owners.map(() => new Map<string, JobId>());
            for (const change of changes) {
              const tenant = owners[change.owner]!;
              if ("deleted" in change) {
                const jobId = jobs[change.deleted]!;
                await subject.index.deleteJob({ tenant, jobId });
                for (const [id, job] of expected[change.owner]!) if (job === jobId) expected[change.owner]!.delete(id);
                continue;
              }
              const { startMs } = change;
              const passage = lexicalPassage({
                jobId: jobs[change.job]!,
                text: `${change.text} of ${tenant}`,
                startMs,
                index: startMs,
                count: 6,
              });
              // A place in a transcript has one passage.
              const earlier = [...expected[change.owner]!.keys()].find((id) =>
                id.startsWith(`${passage.jobId}-${startMs}-`),
              );
              if (earlier) continue;
              await subject.index.upsert(tenant, embedding, [passage]);
              expected[change.owner]!.set(passage.id, passage.jobId);
            }
            await subject.settle();
            for (const [n, tenant] of owners.entries()) {
              const jobId = filter === undefined ? undefined : jobs[filter];
              const hits = await subject.index.query({
                tenant,
                embedding,
                vector: vectorOf(query),
                text: query,
                filters: { jobId },
                limit: 100,
              });
              const own = [...expected[n]!].filter(([, job]) => jobId === undefined || job === jobId).map(([id]) => id);
              expect(hits.map(({ id }) => id).sort()).toEqual(own.sort());
              expect(hits.every(({ text }) => text.endsWith(tenant))).toBe(true);
            }
          },
        ),
        { numRuns: 12 },
      );
    });

    if (fullText) {
      it("finds words that the vectors do not bring, in scripts without spaces too, and takes no query for syntax", async () => {
        const jobId = newJobId();
        const tenant = await filled(
          { jobId, text: "明日は京都で会議があります", language: "ja", count: 3 },
          { jobId, text: "the runners were running", startMs: 1, index: 1, count: 3 },
          { jobId, text: "nothing of the kind", startMs: 2, index: 2, count: 3 },
        );
        const wordsOnly = (text: string) => texts(tenant, text, { vector: undefined });
        expect(await wordsOnly("京都")).toEqual(["明日は京都で会議があります"]);
        expect(await wordsOnly("run")).toEqual(["the runners were running"]);
        for (const query of ['"', "NEAR(a b)", "words:*", "a AND", "-", "^run*", "'; DROP TABLE passages; --", "🙂"]) {
          await expect(wordsOnly(query)).resolves.toBeInstanceOf(Array);
        }
      });
    }
  });
}
