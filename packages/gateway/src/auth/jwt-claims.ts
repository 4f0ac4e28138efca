import type { Claims } from "@halfkey/model";
import { refusedToken } from "./refused-token.ts";

/** How far an issuer's clock may differ from ours. */
const leewaySeconds = 30;
const claimsMax = 32;
const claimBytesMax = 1024;

/** Different in every token: no rule could name them. */
const ephemeral: readonly string[] = ["jti", "nonce", "at_hash", "c_hash", "s_hash"];

/** @throws {CallerError} `E_TOKEN` unless the token has begun and has an end that has not come. */
export function requireCurrent(
  claims: Readonly<Record<string, unknown>>,
  title: string,
  nowMs: number,
): void {
  const now = nowMs / 1000;
  const { exp, nbf } = claims;
  if (!isTime(exp)) throw refusedToken(`${title} has no time of expiry`);
  if (exp <= now - leewaySeconds) throw refusedToken(`${title} has expired`);
  if (nbf === undefined) return;
  if (!isTime(nbf)) throw refusedToken(`${title} begins at no valid time`);
  if (nbf > now + leewaySeconds)
    throw refusedToken(`${title} is not valid yet: compare the clocks of its issuer and this gateway`);
}

/** The audiences of a token; none if it has none, or anything but strings among them. */
export function audiencesOf({ aud }: Readonly<Record<string, unknown>>): string[] {
  const list: unknown[] = Array.isArray(aud) ? aud : [aud];
  return list.every((one): one is string => typeof one === "string" && one !== "") ? list : [];
}

/**
 * What a session token keeps of a verified JWT: its strings and lists of strings.
 *
 * @throws {CallerError} `E_TOKEN` where that is too much. Leaving some out instead could take away the one claim that
 *   a prohibition asks for.
 */
export function sessionClaims(claims: Readonly<Record<string, unknown>>): Claims {
  const kept: Record<string, unknown> = Object.create(null);
  let count = 0;
  for (const [name, value] of Object.entries(claims)) {
    if (ephemeral.includes(name) || !isText(value)) continue;
    count += 1;
    if (count > claimsMax) throw refusedToken(`the token has more than ${claimsMax} claims that are text`);
    if (Buffer.byteLength(name + JSON.stringify(value)) > claimBytesMax) {
      throw refusedToken(
        `a claim of the token is longer than ${claimBytesMax} bytes: let the issuer leave it out`,
      );
    }
    kept[name] = value;
  }
  return kept;
}

function isText(value: unknown): value is string | string[] {
  if (typeof value === "string") return value.isWellFormed();
  return Array.isArray(value) && value.every((one) => typeof one === "string" && one.isWellFormed());
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
