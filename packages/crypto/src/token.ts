import { fromBase64Url, fromHex, toBase64Url } from "./buffers.ts";
import { readU16, readU32, readU64, requireLength, writeU16, writeU32, writeU64 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { labels } from "./labels.ts";
import { parseJsonObject } from "./padded-json.ts";
import { equalConstantTime, mac } from "./primitives.ts";

/** What a session token says. The bearer can read it, but not change it. */
export interface TokenClaims {
  /** 16 bytes, hex. */
  tid: string;
  /** Milliseconds since 1970. */
  issued: number;
  /** Milliseconds since 1970; from then on the token is refused. */
  expires: number;
  tokenGeneration: number;
  methodGeneration: number;
  accessId: string;
  claims: Record<string, unknown>;
}

const prefix = "t-";
const version = 1;
const macLength = 32;
const at = {
  tid: 1,
  issued: 17,
  expires: 25,
  tokenGeneration: 33,
  methodGeneration: 37,
  accessIdLength: 41,
  accessId: 42,
} as const;
const payloadLengthMin = at.accessId + 2;

/** @param key The token key of the generation that the claims name. @throws {RangeError} for claims above 65,535 bytes. */
export function issueToken(claims: TokenClaims, account: Uint8Array, key: Uint8Array): string {
  requireLength("token key", key, 32);
  const accessId = Buffer.from(claims.accessId);
  const json = Buffer.from(JSON.stringify(claims.claims));
  if (accessId.length > 255) throw new RangeError(`an access id may have 255 bytes, has ${accessId.length}`);
  const claimsAt = at.accessId + accessId.length;
  const end = claimsAt + 2 + json.length;
  const bytes = Buffer.allocUnsafeSlow(end + macLength);
  bytes[0] = version;
  bytes.set(fromHex(claims.tid, 16), at.tid);
  writeU64(bytes, at.issued, claims.issued);
  writeU64(bytes, at.expires, claims.expires);
  writeU32(bytes, at.tokenGeneration, claims.tokenGeneration);
  writeU32(bytes, at.methodGeneration, claims.methodGeneration);
  bytes[at.accessIdLength] = accessId.length;
  bytes.set(accessId, at.accessId);
  writeU16(bytes, claimsAt, json.length);
  bytes.set(json, claimsAt + 2);
  bytes.set(macOf(key, account, bytes.subarray(0, end)), end);
  return prefix + toBase64Url(bytes);
}

/**
 * Prefix, spelling, version, generation, MAC, expiry, exact length, in that order. Whether the auth method still
 * lives and the token is not denied is the caller's to ask.
 *
 * @throws {CryptoError} `E_TOKEN`, `E_EXPIRED`
 */
export function verifyToken(
  text: string,
  input: { account: Uint8Array; tokenGeneration: number; key: Uint8Array; now: number },
): TokenClaims {
  requireLength("token key", input.key, 32);
  const bytes = decode(text);
  const end = bytes.length - macLength;
  if (end < payloadLengthMin || bytes[0] !== version) throw refused();
  if (readU32(bytes, at.tokenGeneration) !== input.tokenGeneration) throw refused();
  const payload = bytes.subarray(0, end);
  if (!equalConstantTime(bytes.subarray(end), macOf(input.key, input.account, payload))) throw refused();
  const expires = readU64(bytes, at.expires);
  if (input.now >= expires) throw new CryptoError("E_EXPIRED", "the token's time is over");
  const claimsAt = at.accessId + (bytes[at.accessIdLength] as number);
  if (claimsAt + 2 > end || claimsAt + 2 + readU16(bytes, claimsAt) !== end) throw refused();
  return {
    tid: bytes.toString("hex", at.tid, at.issued),
    issued: readU64(bytes, at.issued),
    expires,
    tokenGeneration: input.tokenGeneration,
    methodGeneration: readU32(bytes, at.methodGeneration),
    accessId: bytes.toString("utf8", at.accessId, claimsAt),
    claims: parseClaims(bytes.subarray(claimsAt + 2, end)),
  };
}

function decode(text: string): Buffer {
  if (!text.startsWith(prefix)) throw refused();
  try {
    return fromBase64Url(text.slice(prefix.length));
  } catch {
    throw refused();
  }
}

function parseClaims(bytes: Buffer): Record<string, unknown> {
  try {
    return parseJsonObject(bytes);
  } catch {
    throw refused();
  }
}

function macOf(key: Uint8Array, account: Uint8Array, payload: Uint8Array): Buffer {
  return mac(key, labels.token, account, payload);
}

/** One message for every cause: a guesser learns nothing from it. */
function refused(): CryptoError {
  return new CryptoError("E_TOKEN", "the token is malformed or not from here");
}
