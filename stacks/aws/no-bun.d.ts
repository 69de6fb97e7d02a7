/** Stands for the package `bun`, which SST's types name: its own redefine Node's globals. */
export type Shell = unknown;
