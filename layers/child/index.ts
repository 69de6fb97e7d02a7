export type { ChildLimits } from "./confine.ts";
export { type ChildEnd, ConfinedChild, type ConfinedChildOptions } from "./confined-child.ts";
