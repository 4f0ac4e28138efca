import { type KubernetesConfigRecord, OperatorError } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import { type Outbound, OutboundFailure, type OutboundReply } from "./outbound.ts";
import { parseOutboundUrl } from "./outbound-address.ts";
import { refusedToken } from "./refused-token.ts";
import { objectIn } from "./service-account.ts";
import { parseStrictObject } from "./strict-json.ts";

/** The user that an API server says a token is of. */
export interface ReviewedUser {
  username: unknown;
  uid: unknown;
}

/**
 * Asks the API server itself about a token (authentication.k8s.io/v1 TokenReview). Unlike a signature it also knows
 * that a pod or a service account has been deleted.
 *
 * @param audiences The token must be for one of them.
 * @returns nothing if the token is not accepted.
 * @throws {CallerError} `E_TOKEN` where the caller may not ask; {OperatorError} `E_ISSUER` where nobody can.
 */
export async function reviewToken(
  outbound: Outbound,
  config: KubernetesConfigRecord,
  token: string,
  audiences: readonly string[],
  deadline: Deadline,
): Promise<ReviewedUser | undefined> {
  const bytes = await ask(outbound, config, token, audiences, deadline);
  // An error text of the API server quotes the token's audiences, so it goes nowhere.
  const status = objectIn((bytes && parseStrictObject(bytes)) ?? {}, "status");
  if (status.authenticated !== true) return undefined;
  // A server that knows nothing of audiences accepts any: it must name what it has checked.
  const accepted: unknown[] = Array.isArray(status.audiences) ? status.audiences : [];
  if (!audiences.some((one) => accepted.includes(one))) return undefined;
  const { username, uid } = objectIn(status, "user");
  return { username, uid };
}

async function ask(
  outbound: Outbound,
  { host, caCert, reviewerToken, name }: KubernetesConfigRecord,
  token: string,
  audiences: readonly string[],
  deadline: Deadline,
): Promise<Buffer | undefined> {
  const refuse = (why: string) =>
    new OperatorError(
      "E_ISSUER",
      `the API server of k8s-auth-config ${name} cannot review the token: ${why}`,
    );
  let reply: OutboundReply;
  try {
    reply = await outbound.send({
      url: parseOutboundUrl("k8s-host", `${host}/apis/authentication.k8s.io/v1/tokenreviews`),
      ca: caCert,
      bearer: reviewerToken ?? token,
      json: { apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token, audiences } },
      timeMs: deadline.leftMs,
    });
  } catch (error) {
    if (error instanceof OutboundFailure) throw refuse(error.message);
    throw error;
  }
  const { status, bytes } = reply;
  if (status === 200 || status === 201) return bytes;
  if (status !== 401 && status !== 403) throw refuse(`it answered with status ${status}`);
  if (reviewerToken !== undefined)
    throw refuse(
      `it refuses the token-reviewer-jwt (status ${status}); its service account needs system:auth-delegator`,
    );
  // With the caller's own token a 401 is about that token, and a 403 says that it is genuine.
  if (status === 401) return undefined;
  throw refusedToken(
    "the token's service account may not ask the cluster about itself: give it system:auth-delegator, or the k8s-auth-config a token-reviewer-jwt",
  );
}
