export { dayOfArrivals, fileLengths, type Pattern } from "./arrivals.ts";
export type { Usage } from "./resources.ts";
export { type Simulation, simulate, transitionsPerJob, transitionsPerWindow } from "./run.ts";
export type { Arrival, CallCost, SimulatedFunction, System } from "./system.ts";
