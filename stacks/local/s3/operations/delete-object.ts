import { writeCheck } from "../conditions.ts";
import type { Reply, S3Context } from "../context.ts";
import { S3Error } from "../errors.ts";
import { assertKeyLength } from "../uri.ts";
import { type XmlValue, xmlDocument } from "../xml.ts";

const maxKeysPerRequest = 1000;

/** DeleteObject. Deleting what does not exist succeeds, unless an If-Match says otherwise. */
export async function deleteObject(context: S3Context): Promise<Reply> {
  const { bucket, key } = context;
  const versionId = context.query.get("versionId");
  if (versionId !== undefined && versionId !== "null") throw new S3Error("NoSuchVersion");
  const deleted = await bucket.remove(key, writeCheck(context.request.headers));
  if (deleted !== undefined) context.emit("ObjectRemoved:Delete", { key });
  return { status: 204 };
}

/** DeleteObjects: up to 1,000 keys, each answered on its own. */
export async function deleteObjects(context: S3Context): Promise<Reply> {
  const { bucket } = context;
  const document = await context.document("Delete");
  const objects = document.elements("Object").map((object) => ({
    key: object.required("Key"),
    versionId: object.text("VersionId") ?? "null",
    etag: object.text("ETag"),
  }));
  if (objects.length === 0 || objects.length > maxKeysPerRequest) throw new S3Error("MalformedXML");

  const deleted: XmlValue[] = [];
  const errors: XmlValue[] = [];
  for (const { key, versionId, etag } of objects) {
    try {
      assertKeyLength(key);
      context.assertAllowed("s3:DeleteObject", bucket.name, key);
      if (versionId !== "null") throw new S3Error("NoSuchVersion");
      const check = writeCheck(etag === undefined ? {} : { "if-match": etag });
      if ((await bucket.remove(key, check)) !== undefined) context.emit("ObjectRemoved:Delete", { key });
      deleted.push({ Key: key });
    } catch (error) {
      if (!(error instanceof S3Error)) throw error;
      errors.push({ Key: key, Code: error.code, Message: error.message });
    }
  }
  const quiet = document.text("Quiet")?.trim() === "true";
  return { status: 200, body: xmlDocument("DeleteResult", { Deleted: quiet ? [] : deleted, Error: errors }) };
}
