import type { Reply, S3Context } from "../context.ts";
import { tagsFromXml } from "../object-description.ts";
import type { Tag } from "../object-record.ts";
import { xmlDocument } from "../xml.ts";

/** GetObjectTagging. */
export async function getObjectTagging(context: S3Context): Promise<Reply> {
  const { bucket, key } = context;
  using object = await bucket.open(key);
  if (object === undefined) throw context.missing(bucket.name, key);
  const tags = object.record.tags.map((tag) => ({ Key: tag.key, Value: tag.value }));
  return { status: 200, body: xmlDocument("Tagging", { TagSet: { Tag: tags } }) };
}

async function setTags(context: S3Context, tags: Tag[]): Promise<void> {
  const { bucket, key } = context;
  const found = await bucket.update(key, (record) => ({ ...record, tags }));
  if (!found) throw context.missing(bucket.name, key);
}

/** PutObjectTagging. */
export async function putObjectTagging(context: S3Context): Promise<Reply> {
  await setTags(context, tagsFromXml(await context.document("Tagging")));
  return { status: 200 };
}

/** DeleteObjectTagging. */
export async function deleteObjectTagging(context: S3Context): Promise<Reply> {
  await setTags(context, []);
  return { status: 204 };
}
