import { join } from "node:path";
import { voiceModelPrefix } from "../../app/index.ts";
import type { TravellingModel } from "../artefacts.ts";

/** Written last: where it is, everything is. */
const manifestName = "model.json";

/** Brings a detector that is too large for a layer to the bucket, from where infer fetches it to its /tmp. */
export function bringModel({ folder, manifest }: TravellingModel, bucket: sst.aws.Bucket): void {
  const prefix = voiceModelPrefix(manifest);
  const bring = (name: string, dependsOn: aws.s3.BucketObjectv2[]) =>
    new aws.s3.BucketObjectv2(
      `VoiceModel-${name}`,
      {
        bucket: bucket.name,
        key: prefix + name,
        source: $asset(join(folder, name)),
        // What the file is, without its bytes: its key says which build it is from, and a build is never changed.
        sourceHash: manifest.files[name]?.sha256 ?? manifest.checkpointSha256,
      },
      { dependsOn },
    );
  bring(
    manifestName,
    Object.keys(manifest.files).map((name) => bring(name, [])),
  );
}
