import {
  type AuthMethodRecord,
  type CallerError,
  type Claims,
  type KubernetesConfigRecord,
  parseRecordName,
} from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { OpenedIndex } from "../state/opened-index.ts";
import { readCompactJwt, type UnverifiedJwt } from "./compact-jwt.ts";
import { expiryTime } from "./expiry-time.ts";
import type { JwksCache, KeySource } from "./jwks-cache.ts";
import { audiencesOf, requireCurrent } from "./jwt-claims.ts";
import { requireWithinBounds } from "./kubernetes-bounds.ts";
import type { Outbound } from "./outbound.ts";
import { plainToken } from "./plain-token.ts";
import type { LoginAttempt, Prover } from "./prover.ts";
import { clusterKeys } from "./published-keys.ts";
import { refusedToken } from "./refused-token.ts";
import { type ServiceAccount, serviceAccountOf, userNameOf } from "./service-account.ts";
import { isSignedBy } from "./signed-by.ts";
import { reviewToken } from "./token-review.ts";

/** What API servers sign with (kube-apiserver, `--service-account-signing-key-file`). */
const algorithms = ["RS256", "ES256", "ES384", "ES512"];
const title = "k8s-service-account-token";

type Configs = Pick<OpenedIndex, "kubernetesConfig" | "kubernetesConfigs">;

/**
 * Service-account tokens of a cluster, against its published keys or by asking it (docs/kubernetes-auth.md).
 *
 * What can be told from the token alone is told first, whoever it is for. Then one text stands for an unknown access
 * id, an unknown config and a token of another cluster. Only who holds a genuine token learns what else is missing.
 */
export class KubernetesProver implements Prover<"k8s"> {
  readonly #configs: Configs;
  readonly #keys: JwksCache;
  readonly #outbound: Outbound;
  /** By record: a changed config is another object. */
  readonly #sources = new WeakMap<KubernetesConfigRecord, KeySource>();

  constructor(parts: { configs: Configs; keys: JwksCache; outbound: Outbound }) {
    this.#configs = parts.configs;
    this.#keys = parts.keys;
    this.#outbound = parts.outbound;
  }

  async prove(
    method: AuthMethodRecord,
    attempt: Extract<LoginAttempt, { type: "k8s" }>,
    deadline: Deadline,
  ): Promise<Claims> {
    const token = readCompactJwt(plainToken(attempt.token), algorithms, title);
    const audiences = audiencesOf(token.claims);
    if (audiences.length === 0) throw withoutAudience();
    const config = this.#configFor(attempt);
    const bounds = method.kubernetes;
    if (config === undefined || bounds === undefined) throw notOfThatCluster();

    const wanted = bounds.audience === undefined ? audiences : [bounds.audience];
    const account =
      config.mode === "review"
        ? await this.#review(config, token, wanted, deadline)
        : await this.#verify(config, token, deadline);
    requireCurrent(token.claims, title, expiryTime());
    if (!wanted.some((one) => audiences.includes(one))) {
      throw refusedToken(
        `${title} is for another audience than ${bounds.audience} (in External Secrets: serviceAccountRef.audiences)`,
      );
    }
    requireWithinBounds(account, bounds);
    return claimsOf(account, audiences, config.name);
  }

  /** The named config, or the only one of the access id; never one of another access id. */
  #configFor({
    accessId,
    configName,
  }: {
    accessId: string;
    configName: string;
  }): KubernetesConfigRecord | undefined {
    const named = this.#configs.kubernetesConfig(canonical(configName));
    if (named !== undefined) return named.accessId === accessId ? named : undefined;
    const own = [...this.#configs.kubernetesConfigs()].filter((one) => one.accessId === accessId);
    return own.length === 1 ? own[0] : undefined;
  }

  async #verify(
    config: KubernetesConfigRecord,
    token: UnverifiedJwt,
    deadline: Deadline,
  ): Promise<ServiceAccount> {
    const { key, issuer } = await this.#keys.find(this.#sourceOf(config), token, deadline);
    if (key === undefined || !(await isSignedBy(token, key))) throw notOfThatCluster();
    requireIssuer(config, token, config.issuer || issuer);
    return serviceAccountOf(token.claims);
  }

  #sourceOf(config: KubernetesConfigRecord): KeySource {
    const source = this.#sources.get(config) ?? clusterKeys(this.#outbound, config);
    this.#sources.set(config, source);
    return source;
  }

  async #review(
    config: KubernetesConfigRecord,
    token: UnverifiedJwt,
    audiences: readonly string[],
    deadline: Deadline,
  ): Promise<ServiceAccount> {
    const user = await reviewToken(this.#outbound, config, token.text, audiences, deadline);
    if (user === undefined) throw notOfThatCluster();
    const account = serviceAccountOf(token.claims);
    const isTheSame =
      user.username === userNameOf(account) && (account.uid === undefined || user.uid === account.uid);
    if (!isTheSame) throw refusedToken("the cluster says that the token is another service account's");
    // An API server accepts its own issuers only: without one of ours there is nothing to add.
    if (config.issuer !== "") requireIssuer(config, token, config.issuer);
    return account;
  }
}

function requireIssuer(
  { checkIssuer, name }: KubernetesConfigRecord,
  { claims }: UnverifiedJwt,
  issuer: string | undefined,
): void {
  if (!checkIssuer || claims.iss === issuer) return;
  throw refusedToken(`${title} has another issuer than k8s-auth-config ${name} wants (k8s-issuer)`);
}

function canonical(name: string): string {
  try {
    return parseRecordName(name);
  } catch {
    // No config has such a name.
    return "";
  }
}

function claimsOf(account: ServiceAccount, audiences: readonly string[], configName: string): Claims {
  const { namespace, name, uid, pod } = account;
  const [only] = audiences;
  return {
    namespace,
    service_account_name: name,
    ...(uid === undefined ? {} : { service_account_uid: uid }),
    ...(pod === undefined ? {} : { pod_name: pod.name }),
    ...(pod?.uid === undefined ? {} : { pod_uid: pod.uid }),
    aud: audiences.length === 1 ? only : audiences,
    config_name: configName,
  };
}

function withoutAudience(): CallerError {
  return refusedToken(
    `${title} has no audience: such legacy tokens never expire and fit any service that a cluster's tokens are shown to. ` +
      "Use one of the TokenRequest API; External Secrets does so once no token Secret stands in the service account's secrets",
  );
}

/** The same for an access id, a config and a key that are unknown: none of them is confirmed. */
function notOfThatCluster(): CallerError {
  return refusedToken(
    "no k8s auth method has this access id and k8s-auth-config-name, or that cluster does not accept the token " +
      "(another cluster's; with review also: expired, for another audience, or its pod or service account is gone)",
  );
}
