import { type AuthMethodRecord, CallerError, type Claims, type JwtTrust } from "@halfkey/model";
import { type CryptoKey, compactVerify } from "jose";
import type { Deadline } from "../deadline.ts";
import { readCompactJwt, type UnverifiedJwt } from "./compact-jwt.ts";
import type { JwksCache } from "./jwks-cache.ts";
import { audiencesOf, requireCurrent, sessionClaims } from "./jwt-claims.ts";
import { KeySet } from "./key-set.ts";
import type { Outbound } from "./outbound.ts";
import type { LoginAttempt, Prover } from "./prover.ts";
import { issuerKeys } from "./published-keys.ts";
import { refusedToken } from "./refused-token.ts";

const title = "jwt";
/** Where issuers say which client got a token: RFC 9068, OpenID Connect, and two that came before. */
const clientIdClaims = ["client_id", "azp", "cid", "appid"];

/** JWTs of an identity provider, CI system or the like (docs/kubernetes-auth.md, "Other issuers"). */
export class JwtProver implements Prover<"jwt"> {
  readonly #keys: JwksCache;
  readonly #outbound: Outbound;
  /** Keys that stand in methods themselves, by their text. */
  readonly #inline = new Map<string, KeySet>();

  constructor(parts: { keys: JwksCache; outbound: Outbound }) {
    this.#keys = parts.keys;
    this.#outbound = parts.outbound;
  }

  async prove(
    { jwt: trust }: AuthMethodRecord,
    { token: text }: Extract<LoginAttempt, { type: "jwt" }>,
    deadline: Deadline,
  ): Promise<Claims> {
    const allowed = trust?.algorithms ?? [];
    // Also for an unknown access id, so that what is wrong with the token alone is told to all.
    const token = readCompactJwt(text.trim(), asymmetricAlgorithms, title);
    if (trust === undefined || !allowed.includes(token.alg)) throw notOfThatIssuer();
    const key = await this.#keyOf(trust, token, deadline);
    if (key === undefined || !(await isSignedBy(token, key))) throw notOfThatIssuer();
    requireTrusted(token.claims, trust);
    return sessionClaims(token.claims);
  }

  async #keyOf(trust: JwtTrust, token: UnverifiedJwt, deadline: Deadline): Promise<CryptoKey | undefined> {
    if (trust.jwks !== undefined) return this.#inlineKeys(trust.jwks)?.find(token.kid, token.alg);
    const { key } = await this.#keys.find(issuerKeys(this.#outbound, trust), token, deadline);
    return key;
  }

  #inlineKeys(text: string): KeySet | undefined {
    const known = this.#inline.get(text);
    if (known !== undefined) return known;
    const keys = KeySet.parse(Buffer.from(text));
    if (keys !== undefined) {
      if (this.#inline.size >= 64) this.#inline.clear();
      this.#inline.set(text, keys);
    }
    return keys;
  }
}
