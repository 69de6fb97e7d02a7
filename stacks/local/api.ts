import type { RequestListener } from "node:http";
import type { Access } from "./access.ts";
import { createLambdaApi, type LambdaHost } from "./lambda/index.ts";
import { requireSignature } from "./signed-requests.ts";
import { createStatesApi, type StatesService } from "./states/index.ts";

/** The APIs of Step Functions and Lambda behind one listener: each request names its service, and must be signed. */
export function createApi(states: StatesService, lambda: LambdaHost, access: Access): RequestListener {
  const statesApi = createStatesApi(states, {
    authorize: (accessKeyId, action) => access.machine(accessKeyId, action),
  });
  const lambdaApi = createLambdaApi(lambda, {
    authorize: (accessKeyId, action, functionName) => access.invocation(accessKeyId, action, functionName),
  });
  return requireSignature(
    (accessKeyId) => access.principal(accessKeyId),
    (request, response) => (request.headers["x-amz-target"] ? statesApi : lambdaApi)(request, response),
  );
}
