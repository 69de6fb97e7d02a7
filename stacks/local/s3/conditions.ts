import type { IncomingHttpHeaders } from "node:http";
import type { WriteCheck } from "./bucket.ts";
import { S3Error } from "./errors.ts";
import type { IndexEntry } from "./object-record.ts";

type Conditions = {
  ifMatch?: string | undefined;
  ifNoneMatch?: string | undefined;
  ifModifiedSince?: string | undefined;
  ifUnmodifiedSince?: string | undefined;
};

function listsEtag(list: string, etag: string): boolean {
  return list.split(",").some((item) => {
    const value = item.trim().replace(/^W\//, "").replaceAll('"', "");
    return value === "*" || value === etag;
  });
}

function failed(condition: string): S3Error {
  return new S3Error("PreconditionFailed", undefined, { details: { Condition: condition } });
}

/** RFC 9110, section 13.2.2: an entity tag condition takes the place of the date condition of its kind. */
function judge(conditions: Conditions, object: { etag: string; modifiedMs: number }, notModified: () => Error): void {
  // HTTP dates have whole seconds.
  const modifiedMs = Math.floor(object.modifiedMs / 1000) * 1000;
  if (conditions.ifMatch !== undefined) {
    if (!listsEtag(conditions.ifMatch, object.etag)) throw failed("If-Match");
  } else if (conditions.ifUnmodifiedSince !== undefined && modifiedMs > Date.parse(conditions.ifUnmodifiedSince)) {
    throw failed("If-Unmodified-Since");
  }
  if (conditions.ifNoneMatch !== undefined) {
    if (listsEtag(conditions.ifNoneMatch, object.etag)) throw notModified();
  } else if (conditions.ifModifiedSince !== undefined && modifiedMs <= Date.parse(conditions.ifModifiedSince)) {
    throw notModified();
  }
}

/** The conditions of GET and HEAD: throws NotModified (304) or PreconditionFailed (412). */
export function checkRead(headers: IncomingHttpHeaders, object: { etag: string; modifiedMs: number }): void {
  judge(
    {
      ifMatch: headers["if-match"],
      ifNoneMatch: headers["if-none-match"],
      ifModifiedSince: headers["if-modified-since"],
      ifUnmodifiedSince: headers["if-unmodified-since"],
    },
    object,
    () =>
      new S3Error("NotModified", undefined, {
        headers: { etag: `"${object.etag}"`, "last-modified": new Date(object.modifiedMs).toUTCString() },
      }),
  );
}

/** The conditions on the source of a copy: anything that does not hold is PreconditionFailed (412). */
export function checkCopySource(headers: IncomingHttpHeaders, object: { etag: string; modifiedMs: number }): void {
  const header = (name: string) => headers[`x-amz-copy-source-${name}`]?.toString();
  judge(
    {
      ifMatch: header("if-match"),
      ifNoneMatch: header("if-none-match"),
      ifModifiedSince: header("if-modified-since"),
      ifUnmodifiedSince: header("if-unmodified-since"),
    },
    object,
    () => failed("x-amz-copy-source-If-None-Match"),
  );
}

/**
 * The conditions of a write, to be judged once before the body is read and again in the commit. An object that an If-Match named
 * when the request began and that was deleted meanwhile is a ConditionalRequestConflict (409), which clients repeat.
 */
export function writeCheck(headers: IncomingHttpHeaders): WriteCheck {
  const ifMatch = headers["if-match"];
  const ifNoneMatch = headers["if-none-match"];
  if (ifNoneMatch !== undefined && ifNoneMatch !== "*") {
    throw new S3Error("NotImplemented", "If-None-Match on a write accepts only *.");
  }
  let heldBefore = false;
  return (current: IndexEntry | undefined) => {
    if (ifNoneMatch !== undefined && current !== undefined) throw failed("If-None-Match");
    if (ifMatch === undefined) return;
    if (current === undefined) throw new S3Error(heldBefore ? "ConditionalRequestConflict" : "NoSuchKey");
    if (!listsEtag(ifMatch, current.etag)) throw failed("If-Match");
    heldBefore = true;
  };
}
