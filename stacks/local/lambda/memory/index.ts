export {
  type CgroupMount,
  createGroup,
  groupProcesses,
  ownFolder,
  parseMounts,
  parseOwnPath,
  readText,
  removeGroup,
  writeText,
} from "./cgroup.ts";
export { limitV1 } from "./cgroup-v1.ts";
export { handsDownMemory, limitV2 } from "./cgroup-v2.ts";
export { detectLimiter, type LimiterChoice } from "./detect.ts";
export { type MemoryGroup, type MemoryLimiter, pollLimiter } from "./limiter.ts";
export { type MemoryVerdict, MemoryWatch } from "./watch.ts";
