export { enterSystemLimit, leaveSystemLimit, type SystemLimit } from "./limit.ts";
export { treeMemoryMiB } from "./memory.ts";
export { liteSizing, type SystemSizing, shareOf, systemSizing } from "./sizing.ts";
export { dropStartupGarbage } from "./startup-garbage.ts";
export { SystemWatch } from "./watch.ts";
