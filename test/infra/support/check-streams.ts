import { type FunctionName, type FunctionSpec, routes } from "../../../stacks/app/index.ts";
import { componentName } from "../../../stacks/aws/deployment.ts";
import type { Evaluation } from "./evaluate.ts";
import { all, functionOf, list, roleOf, roleStatements } from "./resources.ts";

type Specs = Record<FunctionName, FunctionSpec>;

const urlType = "aws:lambda/functionUrl:FunctionUrl";

/**
 * Functions that stream have an address of their own, which anybody may call: so they, and no others, must be able to ask who calls, and
 * know what they serve. Under the page's address their routes lead to it.
 */
export function checkStreams(evaluation: Evaluation, specs: Specs): string[] {
  const streaming = (Object.keys(specs) as FunctionName[]).filter((name) => specs[name].url);
  const urls = all(evaluation, urlType);
  const unknown = urls
    .filter(({ name }) => !streaming.some((fn) => name === `${componentName(fn)}Url`))
    .map(({ name }) => `${name}: an address that nobody declared`);
  return [...unknown, ...streaming.flatMap((name) => problemsOf(evaluation, name))];
}

function problemsOf(evaluation: Evaluation, name: FunctionName): string[] {
  const url = all(evaluation, urlType).find((resource) => resource.name === `${componentName(name)}Url`);
  const { variables = {} } = functionOf(evaluation, name).inputs.environment as { variables?: Record<string, string> };
  const served = routes.filter((route) => route.function === name).map(({ route }) => route);
  const asks = roleStatements(evaluation, roleOf(evaluation, name)).some(
    ({ Action, Resource }) =>
      list(Action).includes("lambda:InvokeFunction") && list(Resource).some((arn) => arn.endsWith("-authorize")),
  );
  const problems = [
    ...(url?.inputs.invokeMode === "RESPONSE_STREAM" ? [] : ["its replies are not streamed"]),
    ...(asks && variables.AUTHORIZE_FUNCTION ? [] : ["anybody may call it, and it cannot ask who does"]),
    ...(variables.SERVED_ROUTES === JSON.stringify(served) ? [] : [`it serves ${variables.SERVED_ROUTES}`]),
    ...all(evaluation, "aws:cloudfront/distribution:Distribution").flatMap(() =>
      served
        .filter((route) => hostUnderPage(evaluation, route) !== hostOf(name))
        .map((route) => `the page's ${route} is elsewhere`),
    ),
  ];
  return problems.map((problem) => `${name}: ${problem}`);
}

/** As the mocked engine names it. */
const hostOf = (name: FunctionName) => `${componentName(name).toLowerCase()}url.lambda-url.eu-central-1.on.aws`;

/** Where the page's router sends a path that is not a longer route's: the key is written by SST's component. */
function hostUnderPage(evaluation: Evaluation, route: string): string | undefined {
  const path = route.slice(route.indexOf("/"));
  const key = evaluation.resources.find(({ name }) => name === `PageRoute${path}RouteKey.sst.aws.KvKeys`);
  const { metadata = "{}" } = (key?.inputs.entries ?? {}) as { metadata?: string };
  return (JSON.parse(metadata) as { host?: string }).host;
}
