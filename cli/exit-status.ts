/** Exit statuses, the same for every command. */
export const exitStatus = { done: 0, failed: 1, usage: 2, partial: 3 } as const;
