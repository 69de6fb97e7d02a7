export { groupProcesses, removeGroup } from "./cgroup.ts";
export { detectLimiter, type LimiterChoice } from "./detect.ts";
export { type MemoryGroup, type MemoryLimiter, pollLimiter } from "./limiter.ts";
export { type MemoryVerdict, MemoryWatch } from "./watch.ts";
