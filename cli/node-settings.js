// Plain JavaScript: halfgig.js reads it on whatever Node there is.

/**
 * Young garbage of a host is network buffers, and V8 lets more of it pile up than the rest of the host needs: on a 1 GiB upload this flag
 * takes the host's peak from 227 to 165 MiB (test/memory/gigabyte.test.ts holds the limit).
 */
export const nodeFlags = ["--max-semi-space-size=2"];

/** glibc gives freed buffers back at once, instead of keeping an arena for every thread of the pool. */
export const allocator = {
  MALLOC_ARENA_MAX: "1",
  MALLOC_TRIM_THRESHOLD_: "131072",
  MALLOC_MMAP_THRESHOLD_: "131072",
};
