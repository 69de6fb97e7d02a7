import type { Precision } from "../../layers/models/index.ts";
import type { RealModelName, RealModels, Recordings } from "../real-models/index.ts";
import type { Peer } from "./peer/peer.ts";
import type { Recogniser } from "./pipeline.ts";
import type { Normalise } from "./score/normalise.ts";

/** What every table has at hand. */
export type Context = {
  models: RealModels;
  recordings: Recordings;
  /** Undefined where there is no Python for it. */
  peer: Peer | undefined;
  /** The Python that it runs on, for other measures by packages of its environment. */
  python: string | undefined;
  normalise: Normalise;
  /** Less audio, fewer variants: for trials, not for a report. */
  quick: boolean;
  /** A folder that is removed at the end. */
  directory: string;
  /** A loaded model; it stays loaded. */
  recogniser(name: RealModelName, precision: Precision): Promise<Recogniser>;
  /** Tells whoever waits what is being done. */
  tell(what: string): void;
};

export type Cell = string | number;
export type Grid = { title?: string; header: string[]; rows: Cell[][] };
export type TableResult = {
  grids: Grid[];
  /** Sentences below. */
  notes?: string[];
  /** For `--json`. */
  figures: unknown;
};

/** One part of docs/QUALITY.md. */
export type Table = {
  id: string;
  title: string;
  /** What was measured and how, for people who read the figures. */
  how: string;
  /** It is made alone on the machine. */
  measuresTime?: true;
  run(context: Context): Promise<TableResult>;
};

export const percent = (share: number, digits = 2) =>
  Number.isFinite(share) ? `${(100 * share).toFixed(digits)} %` : "–";
export const inSeconds = (ms: number, digits = 1) => (Number.isFinite(ms) ? `${(ms / 1_000).toFixed(digits)} s` : "–");
