import { CryptoError, issueToken, randomBytes, toHex, verifyAccessKey, verifyToken } from "@halfkey/crypto";
import { type AuthMethodRecord, type Caller, CallerError } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { Freshness } from "../state/contacts.ts";
import type { Replica } from "../state/replica.ts";

const tokenTtlMinutesDefault = 60;

export interface IssuedToken {
  token: string;
  accessId: string;
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

  constructor(parts: { keyring: Keyring; replica: Replica; freshness: Freshness }) {
    this.#keyring = parts.keyring;
    this.#replica = parts.replica;
    this.#freshness = parts.freshness;
  }

  /** @throws {CallerError} `E_TOKEN`, the same whether the access id is unknown or its key is wrong. */
  async logInWithAccessKey(accessId: string, accessKey: string, deadline: Deadline): Promise<IssuedToken> {
    await this.#freshness.recent(deadline);
    const method = this.#replica.index.method(accessId);
    // An unknown id costs the same as a wrong key.
    const verifier =
      method?.verifier === undefined ? unknownVerifier : Buffer.from(method.verifier, "base64url");
    const genuine = verifyAccessKey(verifier, accessId, accessKey);
    if (method === undefined || !genuine || isOver(method)) throw refusedLogin();
    return this.#issue(method, {});
  }

  /**
   * @returns the caller that a token proves, as of what is known now.
   * @throws {CallerError} `E_TOKEN` or `E_EXPIRED`
   */
  async authenticate(token: string, deadline: Deadline): Promise<Caller> {
    await this.#freshness.recent(deadline);
    return this.#verify(token).caller;
  }

  /** What a token says and until when, for validate-token. */
  async inspect(token: string, deadline: Deadline): Promise<{ caller: Caller; expires: number }> {
    await this.#freshness.recent(deadline);
    return this.#verify(token);
  }

  #verify(token: string): { caller: Caller; expires: number } {
    const { settings, index } = this.#replica;
    const key = settings.tokenKeys[String(settings.tokenGen)] ?? "";
    try {
      const claims = verifyToken(token, {
        account: this.#keyring.account,
        tokenGeneration: settings.tokenGen,
        key: Buffer.from(key, "base64url"),
        now: Date.now(),
      });
      const method = index.method(claims.accessId);
      const live =
        method !== undefined &&
        method.generation === claims.methodGeneration &&
        !isOver(method) &&
        !settings.deny.some(({ tid }) => tid === claims.tid);
      if (!live) throw new CallerError("E_TOKEN", "the token was revoked");
      return {
        caller: { accessId: claims.accessId, tokenId: claims.tid, claims: claims.claims },
        expires: claims.expires,
      };
    } catch (error) {
      if (!(error instanceof CryptoError)) throw error;
      if (error.code === "E_EXPIRED") throw new CallerError("E_EXPIRED", "the token has expired");
      throw new CallerError("E_TOKEN", "the token is not valid");
    }
  }

  #issue(method: AuthMethodRecord, claims: Record<string, unknown>): IssuedToken {
    const { settings } = this.#replica;
    const issued = Date.now();
    const expires = issued + (method.tokenTtlMinutes ?? tokenTtlMinutesDefault) * 60_000;
    const token = issueToken(
      {
        tid: toHex(randomBytes(16)),
        issued,
        expires,
        tokenGeneration: settings.tokenGen,
        methodGeneration: method.generation,
        accessId: method.accessId,
        claims,
      },
      this.#keyring.account,
      Buffer.from(settings.tokenKeys[String(settings.tokenGen)] ?? "", "base64url"),
    );
    return { token, accessId: method.accessId, expires };
  }
}

const unknownVerifier = Buffer.alloc(32);

function isOver(method: AuthMethodRecord): boolean {
  return method.expires !== undefined && method.expires <= Date.now();
}

function refusedLogin(): CallerError {
  return new CallerError(
    "E_TOKEN",
    "Status 401 Unauthorized, Error: UnauthorizedAccess. Message: authentication failed: unknown access id or wrong access key",
  );
}
