import { fromBase64Url, toBase64Url } from "./buffers.ts";
import { requireLength } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { parseId } from "./identifiers.ts";
import { equalConstantTime, mac, randomBytes, sha256Hex } from "./primitives.ts";

/** How gateway and vault know each other's messages: an HMAC with the instance's vault key, within TLS. */
export interface RequestAuthorization {
  /** Hex. */
  instance: string;
  /** Milliseconds since 1970, by the gateway's clock. */
  time: number;
  /** 16 bytes, base64url. */
  nonce: string;
  /** 32 bytes, base64url; the reply's MAC covers it. */
  mac: string;
}

/**
 * @param input.target Path and query exactly as sent.
 * @param input.nonce 16 bytes, for vectors.
 * @returns The `Authorization` header, and its MAC to verify the reply with.
 */
export function signRequest(input: {
  key: Uint8Array;
  method: string;
  target: string;
  instance: string;
  time: number;
  body: Uint8Array;
  nonce?: Uint8Array;
}): { authorization: string; mac: string } {
  const bytes = input.nonce ?? randomBytes(16);
  requireLength("nonce", bytes, 16);
  // A line feed would let one request be read as another.
  if (/\n/.test(input.method + input.target))
    throw new RangeError("method and target must not have a line feed");
  const nonce = toBase64Url(bytes);
  const mac = requestMac({ ...input, nonce });
  return { authorization: `HK1 gw=${input.instance},ts=${input.time},nonce=${nonce},mac=${mac}`, mac };
}

const form = /^HK1 gw=([0-9a-f]{32}),ts=(0|[1-9]\d{0,15}),nonce=([\w-]{22}),mac=([\w-]{43})$/;

/** @throws {CryptoError} `E_FORMAT` */
export function parseAuthorization(header: string): RequestAuthorization {
  const [, instance, ts, nonce, mac] = form.exec(header) ?? [];
  if (instance === undefined || ts === undefined || nonce === undefined || mac === undefined) {
    throw new CryptoError("E_FORMAT", "an Authorization header of another form");
  }
  parseId(instance);
  fromBase64Url(nonce, 16);
  fromBase64Url(mac, 32);
  const time = Number(ts);
  if (!Number.isSafeInteger(time)) throw new CryptoError("E_FORMAT", "the time is above 2^53 - 1");
  return { instance, time, nonce, mac };
}

/** The caller has looked up the instance's key, and checks that the time is near. */
export function verifyRequest(input: {
  key: Uint8Array;
  authorization: RequestAuthorization;
  method: string;
  target: string;
  body: Uint8Array;
}): boolean {
  const { key, authorization, method, target, body } = input;
  return equalText(authorization.mac, requestMac({ ...authorization, key, method, target, body }));
}

/** The `Halfkey-Mac` header. It names the request's MAC, so that no reply can be swapped for another. */
export function signReply(input: {
  key: Uint8Array;
  requestMac: string;
  status: number;
  body: Uint8Array;
}): string {
  const { key, requestMac, status, body } = input;
  return macText(key, `halfkey/v1/response\n${requestMac}\n${status}\n${sha256Hex(body)}\n`);
}

export function verifyReply(input: {
  key: Uint8Array;
  requestMac: string;
  status: number;
  body: Uint8Array;
  mac: string;
}): boolean {
  return equalText(input.mac, signReply(input));
}

function requestMac(input: {
  key: Uint8Array;
  method: string;
  target: string;
  instance: string;
  time: number;
  nonce: string;
  body: Uint8Array;
}): string {
  const { key, method, target, instance, time, nonce, body } = input;
  return macText(
    key,
    `halfkey/v1/request\n${method}\n${target}\n${instance}\n${time}\n${nonce}\n${sha256Hex(body)}\n`,
  );
}

function macText(key: Uint8Array, text: string): string {
  requireLength("vault key", key, 32);
  return toBase64Url(mac(key, Buffer.from(text)));
}

/** Texts instead of bytes: ours is canonical, so any other spelling differs. */
function equalText(given: string, own: string): boolean {
  return equalConstantTime(Buffer.from(given), Buffer.from(own));
}
