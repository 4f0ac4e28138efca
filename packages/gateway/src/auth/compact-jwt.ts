import { refusedToken } from "./refused-token.ts";
import { parseStrictObject } from "./strict-json.ts";

/** Algorithms of which an auth method may allow some. Never `none`, and never one whose public key could be a secret. */
export const asymmetricAlgorithms: readonly string[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** A service account's token has 1 KiB; with long group lists an identity provider's has a few. */
const jwtBytesMax = 16 * 1024;
const kidLengthMax = 512;
const base64Url = /^[A-Za-z0-9_-]+$/;

/** A JWT that has been taken apart and not verified: nothing of it may be believed. */
export interface UnverifiedJwt {
  text: string;
  alg: string;
  /** A key to look up in a map, never a path, an address or part of one. */
  kid: string | undefined;
  claims: Readonly<Record<string, unknown>>;
}

/**
 * Takes a compact JWS apart, as strictly as it can be done without a key. What a header says of keys (`jwk`, `jku`,
 * `x5c`, `x5u`) is never looked at.
 *
 * @param title What error texts call it, such as `jwt`.
 * @throws {CallerError} `E_TOKEN`
 */
export function readCompactJwt(text: string, algorithms: readonly string[], title: string): UnverifiedJwt {
  if (text.length > jwtBytesMax) throw refusedToken(`${title} is longer than ${jwtBytesMax} bytes`);
  const parts = text.split(".");
  const [head = "", body = "", signature = ""] = parts;
  if (parts.length !== 3) throw refusedToken(`${title} is not a JWT of three parts`);
  const header = decodeObject(head);
  if (header === undefined) throw refusedToken(`${title} has a header that is no JWT's`);
  const { alg, kid } = header;
  if (typeof alg !== "string" || !algorithms.includes(alg)) {
    throw refusedToken(`${title} is signed with an algorithm other than ${algorithms.join(", ")}`);
  }
  if (Object.hasOwn(header, "crit") || Object.hasOwn(header, "b64"))
    throw refusedToken(`${title} has header parameters that are not supported`);
  if (kid !== undefined && (typeof kid !== "string" || kid.length > kidLengthMax))
    throw refusedToken(`${title} has a key id that is no short string`);
  if (decode(signature) === undefined) throw refusedToken(`${title} has no well-formed signature`);
  const claims = decodeObject(body);
  if (claims === undefined)
    throw refusedToken(`${title} does not hold one JSON object in which every name stands once`);
  return { text, alg, kid, claims };
}

function decodeObject(part: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decode(part);
  return bytes && parseStrictObject(bytes);
}

/** One spelling only: bits that a lenient decoder drops would make two tokens of one. */
function decode(part: string): Buffer | undefined {
  if (!base64Url.test(part)) return undefined;
  const bytes = Buffer.from(part, "base64url");
  return bytes.toString("base64url") === part ? bytes : undefined;
}
