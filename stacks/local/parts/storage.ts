import { join } from "node:path";
import { buckets } from "../../app/index.ts";
import type { Access } from "../access.ts";
import { bucketName } from "../environment.ts";
import { explainListenError, ownUrl } from "../listen.ts";
import { type ObjectEvent, S3Server } from "../s3/index.ts";

export type StorageOptions = {
  directory: string;
  access: Access;
  address: string;
  /** 0 is any free one. */
  port: number;
  onEvent: (event: ObjectEvent) => void;
  onNotice: (line: string) => void;
};

export type Storage = { url: string; close(): Promise<void> };

/** S3 with the app's buckets, which lets every principal do what its grants say. @throws MediaError `host.port_in_use` */
export async function openStorage({
  directory,
  access,
  address,
  port,
  onEvent,
  onNotice,
}: StorageOptions): Promise<Storage> {
  const s3 = new S3Server({
    directory: join(directory, "s3"),
    buckets: buckets.map(({ name, cors }) => ({
      name: bucketName(name),
      cors: cors && [
        {
          allowedOrigins: ["*"],
          allowedMethods: cors.methods,
          allowedHeaders: ["*"],
          exposeHeaders: cors.exposeHeaders,
          maxAgeSeconds: cors.maxAgeSeconds,
        },
      ],
    })),
    principal: (accessKeyId) => access.principal(accessKeyId),
    authorize: (principal, action, bucket, key) => access.object(principal.name, action, bucket, key),
    onEvent,
    onError: (error) => onNotice(`S3: ${String(error)}`),
  });
  const listening = await s3.listen(port, address).catch(explainListenError("--s3-port"));
  return { url: ownUrl(address, listening.port), close: () => s3.close() };
}
