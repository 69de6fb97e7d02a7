import { createRemoteJWKSet, customFetch, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { z } from "zod";
import { MediaError, parseTenantId } from "../core/index.ts";
import type { Identity } from "./identity.ts";
import { knownScopes } from "./scopes.ts";

export type JwtSettings = {
  /** The issuer's address, exactly as it stands in `iss`. */
  issuer: string;
  /** What `aud` must name: without it a token that was made for another service would open this one. */
  audience: string;
  tenantClaim: string;
  scopeClaim: string;
};

/** Signatures by a key pair alone: neither `none`, nor a secret that could be confused with a public key (RFC 8725 §3.1, §3.2). */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const clockSkewSeconds = 60;
const answerWithinMs = 5_000;
const metadataSchema = z.object({ issuer: z.string(), jwks_uri: z.url() });

/** Three parts of base64url. Whether it is a token is for the verification to say. */
export const looksLikeJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text) && text.length <= 8192;

/**
 * Tokens of one OpenID Connect issuer (OpenID Connect Discovery 1.0, RFC 7519). Its keys are fetched when they are first needed, kept, and
 * fetched again at most every 30 s when a token names one that is not among them.
 */
export class JwtVerifier {
  readonly #settings: JwtSettings;
  #keys: Promise<JWTVerifyGetKey> | undefined;

  constructor(settings: JwtSettings) {
    this.#settings = settings;
  }

  /**
   * @returns undefined for a token that is not good here: another issuer's, another audience's, expired, forged, or of no tenant
   * @throws MediaError `access.issuer_unreachable` where the issuer's keys cannot be had
   */
  async verify(token: string, now = new Date()): Promise<Identity | undefined> {
    const { issuer, audience } = this.#settings;
    try {
      const { payload } = await jwtVerify(token, await this.#issuerKeys(), {
        ...{ issuer, audience, algorithms, clockTolerance: clockSkewSeconds, currentDate: now },
        requiredClaims: ["exp", "sub"],
      });
      return this.#identity(payload);
    } catch (error) {
      if (error instanceof errors.JWKSTimeout || isNetwork(error)) throw unreachable(issuer, error);
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  #identity(payload: JWTPayload): Identity | undefined {
    const { tenantClaim, scopeClaim } = this.#settings;
    const tenant = payload[tenantClaim];
    if (typeof tenant !== "string" || !/^[a-z0-9-]{1,32}$/.test(tenant)) return undefined;
    // RFC 8693 §4.2 writes one text with spaces; some issuers send a list.
    const claim = payload[scopeClaim] ?? "";
    const names = Array.isArray(claim) ? claim.map(String) : String(claim).split(" ");
    const subject = String(payload.sub).replace(/[^\x21-\x7e]/g, "?");
    return { tenant: parseTenantId(tenant), scopes: knownScopes(names), keyId: `jwt:${subject.slice(0, 120)}` };
  }

  #issuerKeys(): Promise<JWTVerifyGetKey> {
    this.#keys ??= this.#discover();
    // The next token tries again.
    this.#keys.catch(() => {
      this.#keys = undefined;
    });
    return this.#keys;
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuer } = this.#settings;
    const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    try {
      const reply = await fetch(address, { signal: AbortSignal.timeout(answerWithinMs), redirect: "error" });
      const metadata = metadataSchema.parse(await reply.json());
      // OpenID Connect Discovery §4.3: the two must be equal.
      if (metadata.issuer !== issuer) throw new Error(`it calls itself ${metadata.issuer}`);
      return createRemoteJWKSet(new URL(metadata.jwks_uri), {
        timeoutDuration: answerWithinMs,
        [customFetch]: (url, options) => fetch(url, { ...options, redirect: "error" } as RequestInit),
      });
    } catch (cause) {
      throw unreachable(issuer, cause);
    }
  }
}

const isNetwork = (error: unknown) =>
  error instanceof TypeError || (error instanceof errors.JOSEError && error.code === "ERR_JOSE_GENERIC");

const unreachable = (issuer: string, cause: unknown) =>
  cause instanceof MediaError
    ? cause
    : new MediaError(
        "access.issuer_unreachable",
        `The keys of ${issuer} could not be fetched, so its tokens cannot be checked. Look at AUTH_ISSUER, or try again.`,
        { cause },
      );
