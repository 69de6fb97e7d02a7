/**
 * How long a job may take, whatever it waits for: a crowd of others before it, too. Work objects are kept for two days (stacks/app/buckets.ts),
 * and no step may find them gone.
 */
export const longestExecutionSeconds = 36 * 3600;
