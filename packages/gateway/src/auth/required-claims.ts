import { fulfils, type JwtTrust } from "@halfkey/model";
import { audiencesOf, requireCurrent } from "./jwt-claims.ts";
import { refusedToken } from "./refused-token.ts";

/** Where issuers say which client got a token: RFC 9068 and OpenID Connect, and two that came before. */
const clientIdClaims = ["client_id", "azp", "cid", "appid"];

/**
 * Whether a token that is proved to be genuine is meant for us, and is what the auth method asks for.
 *
 * @throws {CallerError} `E_TOKEN` naming the check
 */
export function requireTrusted(
  claims: Readonly<Record<string, unknown>>,
  trust: JwtTrust,
  nowMs: number,
): void {
  requireCurrent(claims, "jwt", nowMs);
  if (claims.iss !== trust.issuer) throw refusedToken(`jwt has another issuer than ${trust.issuer}`);
  const audiences = audiencesOf(claims);
  if (trust.audiences.length > 0 && !trust.audiences.some((one) => audiences.includes(one)))
    throw refusedToken(`jwt is for another audience than ${trust.audiences.join(", ")}`);
  if (trust.clientIds !== undefined && !trust.clientIds.includes(clientIdOf(claims)))
    throw refusedToken("jwt was given to a client that is not among the bound-client-ids of the auth method");
  const unique = ownClaim(claims, trust.uniqueIdentifier);
  if (typeof unique !== "string" || unique === "")
    throw refusedToken(
      `jwt lacks the claim ${trust.uniqueIdentifier}, the unique-identifier of the auth method`,
    );
  for (const [name, wanted] of Object.entries(trust.boundClaims)) {
    if (!fulfils(claims, { values: { [name]: wanted }, caseSensitive: true }))
      throw refusedToken(`jwt has not the claim ${name} that the auth method asks for`);
  }
}

/** The first claim that stands there decides: a second one must not widen what the first says. */
function clientIdOf(claims: Readonly<Record<string, unknown>>): string {
  const name = clientIdClaims.find((one) => Object.hasOwn(claims, one));
  const value = name === undefined ? undefined : claims[name];
  return typeof value === "string" ? value : "";
}

function ownClaim(claims: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}
