import type { FunctionName, FunctionSpec, LayerName } from "../../app/index.ts";
import { type PackedLayer, packedLayers } from "../artefacts.ts";
import { componentName, type Deployment, type Names } from "../deployment.ts";

export type Layers = ReturnType<typeof createLayers>;

/**
 * The layers that functions name, uploaded through S3: a zip over 50 MB cannot be sent to Lambda directly. The object's
 * key holds the content's hash, so a new version is made for new content alone.
 */
export function createLayers(options: {
  deployment: Deployment;
  names: Names;
  specs: Record<FunctionName, FunctionSpec>;
  root: string;
}) {
  const { deployment, names, specs, root } = options;
  const wanted = [...new Set(Object.values(specs).flatMap((spec) => spec.layers))].sort();
  const packed = packedLayers(root, wanted, deployment.architecture);
  const bucket = new sst.aws.Bucket("Artefacts", {
    cors: false,
    transform: { bucket: { forceDestroy: !deployment.production } },
  });
  const create = (name: LayerName, layer: PackedLayer) => {
    const object = new aws.s3.BucketObjectv2(`${componentName(name)}LayerCode`, {
      bucket: bucket.name,
      key: `layers/${layer.name}-${layer.arch}-${layer.sha256}.zip`,
      source: $asset(layer.path),
    });
    return new aws.lambda.LayerVersion(`${componentName(name)}Layer`, {
      layerName: names.layer(layer.name),
      s3Bucket: object.bucket,
      s3Key: object.key,
      compatibleRuntimes: ["nodejs24.x"],
      compatibleArchitectures: [deployment.architecture],
      // Functions of an earlier deploy run from the version that they were given.
      skipDestroy: deployment.production,
    });
  };
  return new Map([...packed].map(([name, layer]) => [name, create(name, layer)]));
}
