export { dayOfArrivals, fileLengths, type Pattern } from "./arrivals.ts";
export type { Usage } from "./resources.ts";
export { type Simulation, simulate, statesPassed, transitionsPerWindow } from "./run.ts";
export type { Arrival, CallCost, SimulatedFunction, System } from "./system.ts";
