import type { AuthMethodRecord, CallerError, Claims, JwtTrust } from "@halfkey/model";
import type { CryptoKey } from "jose";
import type { Deadline } from "../deadline.ts";
import { asymmetricAlgorithms, readCompactJwt, type UnverifiedJwt } from "./compact-jwt.ts";
import { expiryTime } from "./expiry-time.ts";
import type { JwksCache } from "./jwks-cache.ts";
import { sessionClaims } from "./jwt-claims.ts";
import { KeySet } from "./key-set.ts";
import type { Outbound } from "./outbound.ts";
import type { LoginAttempt, Prover } from "./prover.ts";
import { issuerKeys } from "./published-keys.ts";
import { refusedToken } from "./refused-token.ts";
import { requireTrusted } from "./required-claims.ts";
import { isSignedBy } from "./signed-by.ts";

/**
 * JWTs of an identity provider, a CI system or the like (docs/kubernetes-auth.md, "Other issuers"). In what order
 * it tells what, see `kubernetes.ts`.
 */
export class JwtProver implements Prover<"jwt"> {
  readonly #keys: JwksCache;
  readonly #outbound: Outbound;
  /** Keys that stand in methods themselves. A changed method is another object. */
  readonly #inline = new WeakMap<JwtTrust, KeySet>();

  constructor(parts: { keys: JwksCache; outbound: Outbound }) {
    this.#keys = parts.keys;
    this.#outbound = parts.outbound;
  }

  async prove(
    { jwt: trust }: AuthMethodRecord,
    attempt: Extract<LoginAttempt, { type: "jwt" }>,
    deadline: Deadline,
  ): Promise<Claims> {
    const token = readCompactJwt(attempt.token.trim(), asymmetricAlgorithms, "jwt");
    if (trust === undefined || !trust.algorithms.includes(token.alg)) throw notOfThatIssuer();
    const key = await this.#keyOf(trust, token, deadline);
    if (key === undefined || !(await isSignedBy(token, key))) throw notOfThatIssuer();
    requireTrusted(token.claims, trust, expiryTime());
    return sessionClaims(token.claims);
  }

  async #keyOf(trust: JwtTrust, token: UnverifiedJwt, deadline: Deadline): Promise<CryptoKey | undefined> {
    if (trust.jwks !== undefined) return this.#inlineKeys(trust, trust.jwks)?.find(token.kid, token.alg);
    const { key } = await this.#keys.find(issuerKeys(this.#outbound, trust), token, deadline);
    return key;
  }

  #inlineKeys(trust: JwtTrust, text: string): KeySet | undefined {
    const keys = this.#inline.get(trust) ?? KeySet.parse(Buffer.from(text));
    if (keys !== undefined) this.#inline.set(trust, keys);
    return keys;
  }
}

/** The same for an access id and a key that are unknown: neither is confirmed. */
function notOfThatIssuer(): CallerError {
  return refusedToken(
    "no jwt auth method has this access id, or its issuer has not signed the token with a key and an algorithm that the method allows",
  );
}
