import { type FunctionName, functionSpecs } from "../../app/index.ts";
import { packedModels, travellingModel } from "../artefacts.ts";
import { deploymentOf, namesOf } from "../deployment.ts";
import { createAccount } from "./account.ts";
import { createAlarms } from "./alarms.ts";
import { createApi } from "./api.ts";
import { createEvents } from "./events.ts";
import { createFunctions } from "./functions.ts";
import { createLayers } from "./layers.ts";
import { connectPage, createPage } from "./page.ts";
import { createSecrets } from "./secrets.ts";
import { createStorage } from "./storage.ts";
import { bringModel } from "./travelling-model.ts";
import { createVectors } from "./vectors.ts";
import { createWorkflow } from "./workflow.ts";

/** The whole app on AWS, from the description in stacks/app. @returns what `sst deploy` prints */
export function createHalfgig() {
  const deployment = deploymentOf(
    { name: $app.name, stage: $app.stage, production: $app.protect === true },
    process.env,
  );
  const { settings, architecture } = deployment;
  const names = namesOf(deployment);
  const specs = functionSpecs(settings);
  const root = $cli.paths.root;

  const models = packedModels(root, settings, architecture);
  const travelling = travellingModel(root, settings, architecture);
  const account = createAccount(names, deployment);
  const page = settings.HALFGIG_PAGE ? createPage(root) : undefined;
  const origins = [...(page ? [page.url] : []), ...deployment.pageOrigins];
  const storage = createStorage({ deployment, origins });
  page?.allow(Object.values(storage.buckets).map(({ name }) => account.bucketOrigin(name)));
  if (travelling) bringModel(travelling, storage.buckets.results);
  createVectors(deployment);
  const layers = createLayers({ deployment, names, specs, root });
  const functions = createFunctions({
    deployment,
    names,
    specs,
    account,
    storage,
    layers,
    secrets: createSecrets(specs),
    root,
    models,
  });
  const machine = createWorkflow({ deployment, names, account, storage, functions });
  const api = createApi({ deployment, origins, specs, functions });
  if (page) connectPage(page, api.url, specs, functions);
  createEvents({ names, storage, functions, machineArn: machine.arn });
  createAlarms({ deployment, names, specs, account, functions, machineArn: machine.arn, apiId: api.id });

  const urls = Object.entries(functions).filter(([name]) => specs[name as FunctionName].url !== undefined);
  return {
    api: api.url,
    page: page?.url,
    uploads: storage.buckets.uploads.name,
    results: storage.buckets.results.name,
    stateMachine: machine.arn,
    ...Object.fromEntries(urls.map(([name, fn]) => [`${name}Url`, fn.url])),
  };
}
