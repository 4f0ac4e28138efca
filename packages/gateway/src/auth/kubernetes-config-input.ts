import { createSecureContext } from "node:tls";
import { CallerError, type KubernetesConfigRecord } from "@halfkey/model";
import { parseOutboundUrl } from "./outbound-address.ts";
import { plainToken } from "./plain-token.ts";

const caBytesMax = 64 * 1024;
const tokenBytesMax = 16 * 1024;
/** What official clients send where nobody has said anything. No token of today has it. */
const issuerDefault = "kubernetes/serviceaccount";

/** The fields of a config that an operator may set, besides its name and access id. */
export type ConfigFields = Partial<
  Pick<KubernetesConfigRecord, "host" | "issuer" | "checkIssuer" | "mode"> & {
    /** Empty: none. */
    caCert: string;
    reviewerToken: string;
  }
>;

export interface ConfigRequest {
  "k8s-host"?: string;
  "k8s-ca-cert"?: string;
  "k8s-issuer"?: string;
  "disable-issuer-validation"?: boolean;
  "token-reviewer-jwt"?: string;
  "k8s-auth-type"?: string;
  "cluster-api-type"?: string;
  "use-gw-service-account"?: boolean;
  mode?: string;
}

/** What was said of a config; what was not said stays as it is. @throws {CallerError} `E_INPUT`, `E_UNSUPPORTED` */
export function configFieldsOf(request: ConfigRequest): ConfigFields {
  refuseUnsupported(request);
  const { mode } = request;
  const host = request["k8s-host"];
  const issuer = request["k8s-issuer"];
  const disabled = request["disable-issuer-validation"];
  const caCert = request["k8s-ca-cert"];
  const reviewerToken = request["token-reviewer-jwt"];
  return {
    ...(host === undefined ? {} : { host: hostOf(host) }),
    ...(issuer === undefined ? {} : { issuer: issuer === issuerDefault ? "" : issuer }),
    ...(disabled === undefined ? {} : { checkIssuer: !disabled }),
    ...(caCert === undefined ? {} : { caCert: caOf(caCert) }),
    ...(reviewerToken === undefined ? {} : { reviewerToken: reviewerTokenOf(reviewerToken) }),
    ...(mode === "offline" || mode === "review" ? { mode } : {}),
  };
}

function refuseUnsupported(request: ConfigRequest): void {
  const refuse = (what: string) =>
    new CallerError("E_UNSUPPORTED", `${what} is not supported: use token-reviewer-jwt, or none`);
  const authType = request["k8s-auth-type"] || "token";
  const apiType = request["cluster-api-type"] || "native_k8s";
  if (authType !== "token") throw refuse("k8s-auth-type other than token");
  if (apiType !== "native_k8s") throw refuse("cluster-api-type other than native_k8s");
  if (request["use-gw-service-account"]) throw refuse("use-gw-service-account");
}

/** Some clusters are reached below a path, behind a proxy; a query has no place there. */
function hostOf(text: string): string {
  const url = parseOutboundUrl("k8s-host", text);
  if (url.search !== "") throw new CallerError("E_INPUT", "InvalidParam: k8s-host must not have a query");
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

/** PEM, or its base64 as a kubeconfig has it. */
function caOf(text: string): string {
  if (text === "") return "";
  const pem = text.includes("-----BEGIN ") ? text : Buffer.from(text, "base64").toString("latin1");
  const refuse = (cause?: unknown) =>
    new CallerError(
      "E_INPUT",
      "InvalidParam: k8s-ca-cert must be certificates as PEM, or the base64 of that",
      {
        cause,
      },
    );
  if (pem.length > caBytesMax || !pem.includes("-----BEGIN CERTIFICATE-----")) throw refuse();
  // It is sent back to whoever may read the config, so a key that slipped in must not be kept.
  if (pem.includes("PRIVATE KEY")) throw refuse();
  try {
    // As an own certificate it is parsed; as a CA, what does not parse is passed over in silence.
    const [, ...all] = pem.split("-----BEGIN CERTIFICATE-----");
    for (const one of all) createSecureContext({ cert: `-----BEGIN CERTIFICATE-----${one}` });
  } catch (cause) {
    throw refuse(cause);
  }
  return pem.trim();
}

function reviewerTokenOf(text: string): string {
  const token = plainToken(text);
  if (token === "" || (token.length <= tokenBytesMax && /^[\x21-\x7e]+$/.test(token))) return token;
  throw new CallerError("E_INPUT", "InvalidParam: token-reviewer-jwt must be one token");
}
