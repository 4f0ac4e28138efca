import { sha256, toHex } from "@halfkey/crypto";
import type { JwtTrust, KubernetesConfigRecord } from "@halfkey/model";
import type { KeySource } from "./jwks-cache.ts";
import { KeySet } from "./key-set.ts";
import { type Outbound, OutboundFailure, type OutboundRequest } from "./outbound.ts";
import { parseOutboundUrl } from "./outbound-address.ts";
import { parseStrictObject } from "./strict-json.ts";

const discoveryPath = "/.well-known/openid-configuration";

/**
 * The keys that a cluster's API server signs service-account tokens with. Its discovery document is asked for
 * the issuer alone: the address of keys that stands there is not followed.
 */
export function clusterKeys(outbound: Outbound, config: KubernetesConfigRecord): KeySource {
  const { host, caCert, reviewerToken, name } = config;
  const title = `the API server of k8s-auth-config ${name}`;
  const wantsIssuer = config.checkIssuer && config.issuer === "";
  const at = (path: string): OutboundRequest => ({
    url: parseOutboundUrl("k8s-host", host + path),
    ca: caCert,
    bearer: reviewerToken,
  });
  return {
    // With the asker: one who may not see the keys must not stand in the way of one who may.
    identity: JSON.stringify(["k8s", host, caCert ?? "", asker(reviewerToken), wantsIssuer]),
    title,
    async load() {
      const [keys, issuer] = await Promise.all([
        loadKeys(outbound, at("/openid/v1/jwks")),
        wantsIssuer ? loadObject(outbound, at(discoveryPath)).then(({ issuer }) => issuer) : undefined,
      ]);
      if (!wantsIssuer) return { keys };
      if (typeof issuer !== "string" || issuer === "")
        throw new OutboundFailure("its discovery document names no issuer");
      return { keys, issuer };
    },
  };
}

function asker(token: string | undefined): string {
  return token === undefined ? "" : toHex(sha256(Buffer.from(token)));
}

/** The keys of a JWT method's issuer that are published; for keys that stand in the method itself see `jwt.ts`. */
export function issuerKeys(outbound: Outbound, { issuer, jwksUrl }: JwtTrust): KeySource {
  return {
    identity: JSON.stringify(["jwt", issuer, jwksUrl ?? ""]),
    title: jwksUrl === undefined ? "the issuer of the auth method" : "the jwks-uri of the auth method",
    async load() {
      const url = jwksUrl ?? (await discoveredKeysUrl(outbound, issuer));
      return { keys: await loadKeys(outbound, { url: outboundUrl(url) }) };
    },
  };
}

/** OpenID Connect Discovery 1.0 §4: the document must be about the issuer that was asked. */
async function discoveredKeysUrl(outbound: Outbound, issuer: string): Promise<string> {
  const url = outboundUrl(issuer.replace(/\/$/, "") + discoveryPath);
  const document = await loadObject(outbound, { url });
  if (document.issuer !== issuer) throw new OutboundFailure("its discovery document is about another issuer");
  if (typeof document.jwks_uri !== "string")
    throw new OutboundFailure("its discovery document has no jwks_uri");
  return document.jwks_uri;
}

function outboundUrl(text: string): URL {
  try {
    return parseOutboundUrl("jwks-uri", text);
  } catch {
    throw new OutboundFailure("it names an address for its keys that is not called");
  }
}

async function loadKeys(outbound: Outbound, request: OutboundRequest): Promise<KeySet> {
  const keys = KeySet.parse(await loadBytes(outbound, request));
  if (keys === undefined) throw new OutboundFailure("its answer is no JSON Web Key Set");
  return keys;
}

async function loadObject(
  outbound: Outbound,
  request: OutboundRequest,
): Promise<Readonly<Record<string, unknown>>> {
  const object = parseStrictObject(await loadBytes(outbound, request));
  if (object === undefined) throw new OutboundFailure("its discovery document is no JSON object");
  return object;
}

async function loadBytes(outbound: Outbound, request: OutboundRequest): Promise<Buffer> {
  const { status, bytes } = await outbound.send(request);
  if (status === 401 || status === 403) {
    throw new OutboundFailure(
      `it does not show its keys to ${request.bearer === undefined ? "strangers" : "the holder of the token-reviewer-jwt"} (status ${status})`,
    );
  }
  if (status !== 200) throw new OutboundFailure(`it answered with status ${status}`);
  return bytes;
}
