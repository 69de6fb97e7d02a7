import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getLoadablePath } from "sqlite-vec";
import { SqliteIndex } from "../../layers/search/sqlite/index.ts";
import { describeSearchIndex } from "./search-index.ts";

describeSearchIndex(
  "the SQLite index",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "halfgig-search-"));
    const open = () => new SqliteIndex({ path: join(directory, "search", "passages.db"), extensionPath: getLoadablePath() });
    const index = open();
    return {
      index,
      again: async () => open(),
      settle: async () => undefined,
      async [Symbol.asyncDispose]() {
        await index[Symbol.asyncDispose]();
        await rm(directory, { recursive: true });
      },
    };
  },
  { fullText: true },
);
