import type { GrantedAction } from "../../stacks/local/grant-use.ts";

/** Grants that no end-to-end test uses, and why they stay. Everything else that is unused is an error. */
export const allowedUnused: readonly (GrantedAction & { reason: string })[] = [
  ...["s3:ListBucketMultipartUploads", "s3:AbortMultipartUpload", "s3:DeleteObject"].flatMap((action) =>
    ["uploads/uploads/", "results/work/"].map((on) => ({
      principal: "host:lifecycle",
      action,
      on,
      reason: "lifecycle rules act on objects that are days old; host.test.ts has them",
    })),
  ),
];
