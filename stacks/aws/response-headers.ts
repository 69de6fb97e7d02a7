/** What CloudFront takes as headers of its own, each in a field of its own; a policy refuses them among the custom ones. */
type SecurityHeaders = {
  contentSecurityPolicy?: { contentSecurityPolicy: string; override: boolean };
  contentTypeOptions?: { override: boolean };
  frameOptions?: { frameOption: string; override: boolean };
  referrerPolicy?: { referrerPolicy: string; override: boolean };
  strictTransportSecurity: { accessControlMaxAgeSec: number; override: boolean };
};

export type ResponseHeaders = {
  securityHeadersConfig: SecurityHeaders;
  customHeadersConfig: { items: { header: string; value: string; override: boolean }[] };
};

/** What the function, or the bucket, says of itself stands. */
const override = false;

const yearSeconds = 365 * 24 * 3600;

/**
 * Headers as CloudFront's response headers policy takes them, and HSTS, which only a host that always has TLS can promise.
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/understanding-response-headers-policies.html
 */
export function responseHeaders(headers: Readonly<Record<string, string>>): ResponseHeaders {
  const security: SecurityHeaders = { strictTransportSecurity: { accessControlMaxAgeSec: yearSeconds, override } };
  const items: ResponseHeaders["customHeadersConfig"]["items"] = [];
  for (const [header, value] of Object.entries(headers)) {
    if (header === "content-security-policy")
      security.contentSecurityPolicy = { contentSecurityPolicy: value, override };
    else if (header === "x-content-type-options") security.contentTypeOptions = { override };
    else if (header === "x-frame-options") security.frameOptions = { frameOption: value, override };
    else if (header === "referrer-policy") security.referrerPolicy = { referrerPolicy: value, override };
    else items.push({ header, value, override });
  }
  return { securityHeadersConfig: security, customHeadersConfig: { items } };
}
