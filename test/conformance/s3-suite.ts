import type { S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe } from "vitest";
import { browserTests } from "./s3-browser.ts";
import { listingTests } from "./s3-listing.ts";
import { multipartTests } from "./s3-multipart.ts";
import { objectTests } from "./s3-objects.ts";
import { signingTests } from "./s3-signing.ts";
import { clientOf, type S3Target } from "./s3-target.ts";
import { transferTests } from "./s3-transfer.ts";

/**
 * What halfgig relies on of an S3-compatible store, checked over the wire with the ordinary SDK and with raw requests. Runs against any
 * store that `makeTarget` can offer an empty bucket of.
 */
export function s3Conformance(name: string, makeTarget: () => Promise<S3Target>): void {
  describe(name, () => {
    let current: S3Target;
    let sdk: S3Client;
    beforeAll(async () => {
      current = await makeTarget();
      sdk = clientOf(current);
    });
    afterAll(async () => {
      sdk.destroy();
      await current.close();
    });
    const target = () => current;
    const client = () => sdk;
    objectTests(target, client);
    listingTests(target, client);
    multipartTests(target, client);
    signingTests(target, client);
    browserTests(target, client);
    transferTests(target, client);
  });
}
