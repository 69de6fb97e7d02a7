import type { Job } from "../api/types.ts";

/** What people know a job by. */
export const titleOf = ({ source, fileName }: Pick<Job, "source" | "fileName">) => source?.title || fileName;
