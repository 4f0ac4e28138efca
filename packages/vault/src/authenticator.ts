import { fromHex, parseAuthorization, randomBytes, signReply, verifyRequest } from "@halfkey/crypto";
import { CallerError, OperatorError } from "@halfkey/model";
import { vaultLimits } from "@halfkey/wire";
import type { VaultStore } from "./store/vault-store.ts";
import type { VaultKeys } from "./vault-keys.ts";

/** One authenticated request: who sent it, and how its reply is signed. */
export interface Peer {
  account: Buffer;
  instance: Buffer;
  /** Instance in hex, for the log. */
  name: string;
  /** Why the request is refused although it is genuine; the reply is signed all the same. */
  refusal: CallerError | OperatorError | undefined;
  sign(status: number, body: Uint8Array): string;
}

export interface SignedRequest {
  authorization: string | undefined;
  method: string;
  /** Path and query exactly as sent. */
  target: string;
  body: Uint8Array;
}

/**
 * Checks who sent a request (docs/cryptography.md, "Gateway and vault"). The instance is looked up for every one:
 * a revocation acts on the next.
 *
 * The MAC is checked before anything is told: an instance that does not exist, one with another key and one that
 * is revoked look alike to a stranger, while a revoked gateway learns from a signed reply that it is.
 */
export class Authenticator {
  readonly #store: VaultStore;
  readonly #keys: VaultKeys;
  readonly #now: () => number;
  /** Stands for the key of an unknown instance, so that its request costs the same. */
  readonly #nobodysKey = randomBytes(32);

  constructor(store: VaultStore, keys: VaultKeys, now: () => number) {
    this.#store = store;
    this.#keys = keys;
    this.#now = now;
  }

  /** @throws {CallerError} E_TOKEN */
  async authenticate({ authorization, method, target, body }: SignedRequest): Promise<Peer> {
    const parsed = parse(authorization);
    const instance = fromHex(parsed.instance, 16);
    const row = await this.#store.instance(instance);
    const key = row === undefined ? this.#nobodysKey : this.#keys.open(row.account, instance, row.sealedKey);
    const isGenuine = verifyRequest({ key, authorization: parsed, method, target, body });
    if (row === undefined || !isGenuine) throw refused();
    return {
      account: row.account,
      instance,
      name: parsed.instance,
      refusal: row.revoked ? revoked() : this.#clockRefusal(parsed.time),
      sign: (status, reply) => signReply({ key, requestMac: parsed.mac, status, body: reply }),
    };
  }

  #clockRefusal(time: number): CallerError | undefined {
    if (Math.abs(time - this.#now()) <= vaultLimits.clockSkewMs) return undefined;
    return new CallerError(
      "E_CLOCK",
      "the request's time differs from the vault's clock by more than a minute",
    );
  }
}

function parse(header: string | undefined) {
  try {
    return parseAuthorization(header ?? "");
  } catch {
    throw refused();
  }
}

function refused(): CallerError {
  return new CallerError("E_TOKEN", "this vault does not know the instance, or the request's MAC is wrong");
}

function revoked(): OperatorError {
  return new OperatorError("E_REVOKED", "this instance is revoked at the vault");
}
