/** The S3 REST API over the file system: the object store of the embedded host. */
export type { S3Action } from "./context.ts";
export type { CorsRule } from "./cors.ts";
export type { ObjectEvent, ObjectEventName } from "./events.ts";
export { S3Server, type S3ServerOptions } from "./server.ts";
export type { S3Principal } from "./sigv4.ts";
export type { BucketConfig } from "./store.ts";
