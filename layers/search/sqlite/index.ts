export { SqliteIndex, type SqliteIndexOptions } from "./sqlite-index.ts";
