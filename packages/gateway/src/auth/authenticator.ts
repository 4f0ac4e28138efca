import { CryptoError, issueToken, randomBytes, toHex, verifyToken } from "@halfkey/crypto";
import { type AuthMethodRecord, type Caller, CallerError, type Claims } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { Alarms } from "../state/alarms.ts";
import type { Freshness } from "../state/contacts.ts";
import type { Replica } from "../state/replica.ts";
import { proveAccessKey } from "./access-key.ts";
import { mayComeFrom } from "./bound-addresses.ts";
import { expiryTime } from "./expiry-time.ts";
import { LoginLimits } from "./login-limits.ts";
import type { LoginAttempt, Prover } from "./prover.ts";
import { refusedLogin } from "./refused-login.ts";

const tokenTtlMinutesDefault = 60;
/** How far the clocks of two gateways may be apart. */
const clockToleranceMs = 5 * 60_000;

/** Of the types that need more than a record. */
export interface Provers {
  k8s: Prover<"k8s">;
  jwt: Prover<"jwt">;
}

export interface IssuedToken {
  token: string;
  accessId: string;
  claims: Claims;
  /** Milliseconds since 1970. */
  expires: number;
}

/**
 * Credentials in, `Caller` or token out. Tokens are stateless: every gateway of the account accepts them, and
 * what makes them invalid stands in records (the method's generation, the denials in the settings).
 */
export class Authenticator {
  readonly #keyring: Keyring;
  readonly #replica: Replica;
  readonly #freshness: Freshness;
  readonly #alarms: Alarms;
  readonly #provers: Provers;
  readonly #limits = new LoginLimits();

  constructor(parts: {
    keyring: Keyring;
    replica: Replica;
    freshness: Freshness;
    provers: Provers;
    alarms: Alarms;
  }) {
    this.#keyring = parts.keyring;
    this.#replica = parts.replica;
    this.#freshness = parts.freshness;
    this.#alarms = parts.alarms;
    this.#provers = parts.provers;
  }

  /**
   * @param address Where the attempt comes from, for methods that are bound to addresses.
   * @throws {CallerError} `E_RATE` after too many failures; `E_TOKEN`, for an access id that does not exist the same as for wrong credentials.
   */
  async logIn(attempt: LoginAttempt, address: string, deadline: Deadline): Promise<IssuedToken> {
    await this.#freshness.recent(deadline);
    try {
      return await this.#checkLogin(attempt, address, deadline);
    } catch (error) {
      // Nobody guesses a signature, and External Secrets shows why in an event: the reason must not be replaced.
      const isGuess = attempt.type === "api_key" && error instanceof CallerError && error.code === "E_TOKEN";
      if (!isGuess) throw error;
      throw this.#limits.failed(address, attempt.accessId, Date.now()) ?? error;
    }
  }

  async #checkLogin(attempt: LoginAttempt, address: string, deadline: Deadline): Promise<IssuedToken> {
    const method = this.#replica.index.method(attempt.accessId);
    // An unknown id costs the same as a wrong key.
    const shown = method?.type === attempt.type ? method : undefined;
    const claims = await this.#prove(shown ?? { ...nobody, type: attempt.type }, attempt, deadline);
    if (shown === undefined || isOver(shown)) throw refusedLogin();
    if (!mayComeFrom(shown, address)) throw refusedLogin();
    return this.#issue(shown, claims);
  }

  /**
   * @returns the caller that a token proves, as of what is known now.
   * @throws {CallerError} `E_TOKEN` or `E_EXPIRED`
   */
  async authenticate(token: string, address: string, deadline: Deadline): Promise<Caller> {
    await this.#freshness.recent(deadline);
    const { caller, method } = this.#verify(token);
    if (!mayComeFrom(method, address))
      throw new CallerError("E_TOKEN", "the token is not valid from this address");
    return caller;
  }

  /** What a token says and until when, for validate-token. */
  async inspect(token: string, deadline: Deadline): Promise<{ caller: Caller; expires: number }> {
    await this.#freshness.recent(deadline);
    return this.#verify(token);
  }

  #prove(method: AuthMethodRecord, attempt: LoginAttempt, deadline: Deadline): Promise<Claims> {
    switch (attempt.type) {
      case "api_key":
        return proveAccessKey(method, attempt);
      case "k8s":
        return this.#provers.k8s.prove(method, attempt, deadline);
      case "jwt":
        return this.#provers.jwt.prove(method, attempt, deadline);
    }
  }

  #verify(token: string): { caller: Caller; expires: number; method: AuthMethodRecord } {
    const { settings, index } = this.#replica;
    const key = settings.tokenKeys[String(settings.tokenGen)] ?? "";
    const now = expiryTime();
    try {
      const claims = verifyToken(token, {
        account: this.#keyring.account,
        tokenGeneration: settings.tokenGen,
        key: Buffer.from(key, "base64url"),
        now,
      });
      const method = index.method(claims.accessId);
      const live =
        method !== undefined &&
        method.generation === claims.methodGeneration &&
        !isOver(method) &&
        claims.issued >= this.#alarms.tokensFrom &&
        // Of a gateway whose clock was ahead: it would live longer by as much.
        claims.issued <= now + clockToleranceMs &&
        !settings.deny.some(({ tid }) => tid === claims.tid);
      if (!live) throw new CallerError("E_TOKEN", "the token was revoked");
      return {
        caller: {
          accessId: claims.accessId,
          tokenId: claims.tid,
          claims: claims.claims,
          expires: claims.expires,
        },
        expires: claims.expires,
        method,
      };
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      if (error.code === "E_EXPIRED") throw new CallerError("E_EXPIRED", "the token has expired");
      throw new CallerError("E_TOKEN", "the token is not valid");
    }
  }

  #issue(method: AuthMethodRecord, claims: Claims): IssuedToken {
    const { settings } = this.#replica;
    const issued = expiryTime();
    const expires = issued + (method.tokenTtlMinutes ?? tokenTtlMinutesDefault) * 60_000;
    const token = issueToken(
      {
        tid: toHex(randomBytes(16)),
        issued,
        expires,
        tokenGeneration: settings.tokenGen,
        methodGeneration: method.generation,
        accessId: method.accessId,
        claims: { ...claims },
      },
      this.#keyring.account,
      Buffer.from(settings.tokenKeys[String(settings.tokenGen)] ?? "", "base64url"),
    );
    return { token, accessId: method.accessId, claims, expires };
  }
}

/** Stands for an access id that does not exist: no credential fits it. */
const nobody: Omit<AuthMethodRecord, "type"> = {
  t: "method",
  n: -1,
  accessId: "",
  name: "",
  description: "",
  created: 0,
  modified: 0,
  generation: 0,
};

function isOver(method: AuthMethodRecord): boolean {
  return method.expires !== undefined && method.expires <= expiryTime();
}
