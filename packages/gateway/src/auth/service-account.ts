import { refusedToken } from "./refused-token.ts";

/** Who a service-account token was made for, as the cluster says. */
export interface ServiceAccount {
  namespace: string;
  name: string;
  uid: string | undefined;
  /** Of tokens that are bound to a pod. */
  pod: { name: string; uid: string | undefined } | undefined;
}

const prefix = "system:serviceaccount:";

/**
 * The service account in a token's claims, which somebody has verified.
 *
 * @throws {CallerError} `E_TOKEN` unless all claims say the same.
 */
export function serviceAccountOf(claims: Readonly<Record<string, unknown>>): ServiceAccount {
  const cluster = objectIn(claims, "kubernetes.io");
  const account = objectIn(cluster, "serviceaccount");
  const pod = objectIn(cluster, "pod");
  const namespace = textIn(cluster, "namespace");
  const name = textIn(account, "name");
  if (namespace === undefined || name === undefined || claims.sub !== `${prefix}${namespace}:${name}`)
    throw refusedToken("the token is not a service account's");
  const podName = textIn(pod, "name");
  return {
    namespace,
    name,
    uid: textIn(account, "uid"),
    pod: podName === undefined ? undefined : { name: podName, uid: textIn(pod, "uid") },
  };
}

/** What a TokenReview calls the user of a service account. */
export function userNameOf({ namespace, name }: ServiceAccount): string {
  return `${prefix}${namespace}:${name}`;
}

/** An own member that is an object; else an empty one. */
export function objectIn(
  object: Readonly<Record<string, unknown>>,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** Names and ids of Kubernetes have 253 characters at most. */
function textIn(object: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return typeof value === "string" && value !== "" && value.length <= 253 ? value : undefined;
}
