import { apiHeaders, pageHeaders, pagePaths } from "../../../stacks/app/index.ts";
import type { Evaluation } from "./evaluate.ts";
import { bucketNameOf, one } from "./resources.ts";

type Behavior = { pathPattern?: string; responseHeadersPolicyId?: string; targetOriginId: string };
/** What a response headers policy is made of. */
export type HeadersPolicy = {
  securityHeadersConfig: {
    contentSecurityPolicy?: { contentSecurityPolicy: string; override: boolean };
    contentTypeOptions?: { override: boolean } | undefined;
    frameOptions?: { frameOption: string; override: boolean };
    referrerPolicy?: { referrerPolicy: string; override: boolean };
    strictTransportSecurity?: { accessControlMaxAgeSec: number; override: boolean };
  };
  customHeadersConfig: { items: { header: string; value: string; override: boolean }[] };
};

/** What CloudFront adds to a reply that says nothing of itself. */
export function headersAdded(evaluation: Evaluation, name: "PageHeaders" | "ApiHeaders"): Record<string, string> {
  const policy = one(evaluation, "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy", name);
  const { securityHeadersConfig: security, customHeadersConfig } = policy.inputs as HeadersPolicy;
  const added = {
    "content-security-policy": security.contentSecurityPolicy?.contentSecurityPolicy,
    "x-content-type-options": security.contentTypeOptions && "nosniff",
    "x-frame-options": security.frameOptions?.frameOption,
    "referrer-policy": security.referrerPolicy?.referrerPolicy,
    "strict-transport-security": security.strictTransportSecurity?.accessControlMaxAgeSec.toString(),
    ...Object.fromEntries(customHeadersConfig.items.map(({ header, value }) => [header, value])),
  };
  return Object.fromEntries(Object.entries(added).filter(([, value]) => value !== undefined)) as Record<string, string>;
}

/** Each file of the page has the headers that the embedded host sends with it, and everything else those of the API. */
export function checkHeaders(evaluation: Evaluation, region: string): string[] {
  const { defaultCacheBehavior, orderedCacheBehaviors } = one(
    evaluation,
    "aws:cloudfront/distribution:Distribution",
    "PageCdnDistribution",
  ).inputs as { defaultCacheBehavior: Behavior; orderedCacheBehaviors?: Behavior[] };
  const ordered = orderedCacheBehaviors ?? [];
  const origins = ["uploads", "results"].map(
    (name) => `https://${bucketNameOf(evaluation, name)}.s3.${region}.amazonaws.com`,
  );
  return [
    ...pagePaths
      .filter((path) => !ordered.some((own) => own.pathPattern === path && policyOf(own) === "PageHeaders"))
      .map((path) => `${path}: without the page's headers`),
    ...ordered
      .filter(({ pathPattern }) => !pagePaths.some((path) => path === pathPattern))
      .map(({ pathPattern }) => `${pathPattern}: is no file of the page`),
    ...(policyOf(defaultCacheBehavior) === "ApiHeaders" ? [] : ["the API: without its headers"]),
    ...differences("the page", headersAdded(evaluation, "PageHeaders"), pageHeaders(origins)),
    ...differences("the API", headersAdded(evaluation, "ApiHeaders"), apiHeaders),
    ...overriding(evaluation),
  ];
}

const policyOf = ({ responseHeadersPolicyId }: Behavior) => responseHeadersPolicyId?.replace(/-id$/, "");

function differences(whose: string, added: Record<string, string>, wanted: Readonly<Record<string, string>>): string[] {
  const { "strict-transport-security": hsts, ...others } = added;
  const names = [...new Set([...Object.keys(others), ...Object.keys(wanted)])];
  return [
    ...(Number(hsts) >= 31_536_000 ? [] : [`${whose}: strict-transport-security is ${hsts}`]),
    ...names
      .filter((name) => others[name] !== wanted[name])
      .map((name) => `${whose}: ${name} is ${others[name]}, and the embedded host says ${wanted[name]}`),
  ];
}

/** A function's own policy, /docs has one, must not be lost. */
function overriding(evaluation: Evaluation): string[] {
  return evaluation.resources
    .filter(({ type }) => type === "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy")
    .filter(({ inputs }) => JSON.stringify(inputs).includes('"override":true'))
    .map(({ name }) => `${name}: replaces what a function says`);
}
