import { type CryptoKey, importJWK, type JWK } from "jose";
import { parseStrictObject } from "./strict-json.ts";

const keysMax = 100;
const rsaBitsMin = 2048;

type PublicJwk = JWK & { kty: "RSA" | "EC" | "OKP" };

interface Entry {
  kid: string | undefined;
  /** If the set says so, the only algorithm that the key is for. */
  alg: string | undefined;
  jwk: PublicJwk;
  /** By algorithm: a key of one kind fits several. */
  imported: Map<string, CryptoKey | undefined>;
}

/** The public keys of one issuer. Secrets, private parts and keys for encryption are left out when it is read. */
export class KeySet {
  readonly #entries: readonly Entry[];

  private constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /** @returns `undefined` where the bytes are no JSON Web Key Set (RFC 7517 §5). */
  static parse(bytes: Uint8Array): KeySet | undefined {
    const keys = parseStrictObject(bytes)?.keys;
    if (!Array.isArray(keys) || keys.length > keysMax) return undefined;
    return new KeySet(keys.map(entryOf).filter((one) => one !== undefined));
  }

  get size(): number {
    return this.#entries.length;
  }

  /**
   * The key that a token names, for its algorithm. A token that names none gets one only where there is no choice.
   *
   * @returns `undefined` where there is none, or the one of that name is of another kind.
   */
  async find(kid: string | undefined, alg: string): Promise<CryptoKey | undefined> {
    const fitting = this.#entries.filter(
      (one) => (kid === undefined || one.kid === kid) && (one.alg ?? alg) === alg,
    );
    const keys: CryptoKey[] = [];
    for (const entry of fitting) {
      const key = await importedFor(entry, alg);
      if (key !== undefined) keys.push(key);
    }
    return keys.length === 1 ? keys[0] : undefined;
  }
}

function entryOf(value: unknown): Entry | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { kid, alg, use, ...jwk } = value as Record<string, unknown>;
  if (kid !== undefined && typeof kid !== "string") return undefined;
  if (alg !== undefined && typeof alg !== "string") return undefined;
  if (use !== undefined && use !== "sig") return undefined;
  const publicPart = publicPartOf(jwk);
  return publicPart && { kid, alg, jwk: publicPart, imported: new Map() };
}

/** Only what a public key consists of: whatever else stands in the set cannot change what is imported. */
function publicPartOf({ kty, n, e, crv, x, y }: Record<string, unknown>): PublicJwk | undefined {
  if (kty === "RSA" && isText(n) && isText(e)) {
    return Buffer.from(n, "base64url").length * 8 >= rsaBitsMin ? { kty, n, e } : undefined;
  }
  if (kty === "EC" && isText(crv) && isText(x) && isText(y)) return { kty, crv, x, y };
  if (kty === "OKP" && isText(crv) && isText(x)) return { kty, crv, x };
  return undefined;
}

async function importedFor({ jwk, imported }: Entry, alg: string): Promise<CryptoKey | undefined> {
  if (!imported.has(alg)) imported.set(alg, await importPublic(jwk, alg));
  return imported.get(alg);
}

async function importPublic(jwk: PublicJwk, alg: string): Promise<CryptoKey | undefined> {
  try {
    const key = await importJWK(jwk, alg);
    return key instanceof Uint8Array ? undefined : key;
  } catch {
    // Of another kind than the algorithm wants, or no point of its curve.
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}
