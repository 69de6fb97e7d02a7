import type { GrantedAction } from "../../stacks/local/grant-use.ts";

/** Grants that the tests need not make use of, and why they stay. Everything else that is unused is an error. */
type Allowed = {
  reason: string;
  /** @param used whether another grant was made use of */
  covers(grant: GrantedAction, used: (grant: GrantedAction) => boolean): boolean;
};

export const allowedUnused: readonly Allowed[] = [
  {
    reason:
      "S3 says 404 of a missing key, and not 403, only to whoever may list: a record that is deleted meanwhile is not found",
    covers: (grant, used) => grant.action === "s3:ListBucket" && used({ ...grant, action: "s3:GetObject" }),
  },
  {
    reason:
      "another attempt at a job of an address marks the address anew, so that an event begins it where its maker dies",
    covers: ({ principal, action, on }) =>
      principal === "retry" && action === "s3:PutObject" && on === "uploads/uploads/",
  },
  {
    reason: "a write that breaks off gives its parts up",
    covers: ({ principal, action, on }) =>
      action === "s3:AbortMultipartUpload" &&
      [
        ...["fetch uploads/uploads/", "media uploads/uploads/", "delete uploads/uploads/", "parts uploads/uploads/"],
        ...["split results/work/", "merge results/transcripts/", "host:models results/models/"],
      ].includes(`${principal} ${on}`),
  },
  {
    reason: "lifecycle rules act on objects that are days old; host.test.ts has them",
    covers: ({ principal, action }) =>
      principal === "host:lifecycle" && ["s3:DeleteObject", "s3:AbortMultipartUpload"].includes(action),
  },
  {
    reason:
      "what was written for a job that was deleted, or could not be registered, meanwhile is removed: a race of moments",
    covers: ({ principal, action, on }) =>
      ["s3:DeleteObject", "s3:ListBucket"].includes(action) &&
      [
        ...["merge results/transcripts/", "fetch uploads/uploads/", "media uploads/uploads/"],
        // An address that gave other bytes to an earlier attempt.
        "fetch results/work/",
      ].includes(`${principal} ${on}`),
  },
  {
    reason: "the embedded host answers /health itself, for all that it runs",
    covers: ({ principal }) => principal === "health",
  },
];
