import type { XmlElement } from "./xml.ts";

/** One CORSRule of a bucket. Origins and headers may hold one `*`. */
export type CorsRule = {
  allowedOrigins: string[];
  allowedMethods: string[];
  allowedHeaders?: string[];
  exposeHeaders?: string[];
  maxAgeSeconds?: number;
};

export type CorsRequest = {
  origin: string;
  /** The method of the request, or in a preflight the one it asks about. */
  method: string;
  /** Access-Control-Request-Headers, in a preflight only. */
  requestHeaders?: string;
};

function matches(pattern: string, value: string): boolean {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === value;
  const [head, tail] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return value.length >= head.length + tail.length && value.startsWith(head) && value.endsWith(tail);
}

/**
 * The Access-Control-* headers for a request, or undefined where no rule allows it. The first rule that matches counts.
 * Reference: Amazon S3 User Guide, "How does Amazon S3 evaluate the CORS configuration on a bucket?".
 */
export function corsHeaders(rules: readonly CorsRule[], request: CorsRequest): Record<string, string> | undefined {
  const wanted = (request.requestHeaders ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  for (const rule of rules) {
    const origin = rule.allowedOrigins.find((pattern) => matches(pattern, request.origin));
    const headers = (rule.allowedHeaders ?? []).map((name) => name.toLowerCase());
    const allowed =
      origin !== undefined &&
      rule.allowedMethods.includes(request.method) &&
      wanted.every((name) => headers.some((pattern) => matches(pattern, name)));
    if (!allowed) continue;
    const reply: Record<string, string> = {
      "access-control-allow-origin": origin === "*" ? "*" : request.origin,
      "access-control-allow-methods": rule.allowedMethods.join(", "),
      vary: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    };
    if (origin !== "*") reply["access-control-allow-credentials"] = "true";
    if (wanted.length > 0) reply["access-control-allow-headers"] = wanted.join(", ");
    if (rule.exposeHeaders?.length) reply["access-control-expose-headers"] = rule.exposeHeaders.join(", ");
    if (rule.maxAgeSeconds !== undefined) reply["access-control-max-age"] = String(rule.maxAgeSeconds);
    return reply;
  }
  return undefined;
}

/** Reads a CORSConfiguration document. */
export function corsRulesFromXml(configuration: XmlElement): CorsRule[] {
  return configuration.elements("CORSRule").map((rule) => {
    const maxAge = rule.text("MaxAgeSeconds");
    return {
      allowedOrigins: rule.texts("AllowedOrigin"),
      allowedMethods: rule.texts("AllowedMethod"),
      allowedHeaders: rule.texts("AllowedHeader"),
      exposeHeaders: rule.texts("ExposeHeader"),
      ...(maxAge === undefined ? {} : { maxAgeSeconds: Number(maxAge) }),
    };
  });
}
