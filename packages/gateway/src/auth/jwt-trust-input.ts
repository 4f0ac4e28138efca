import { CallerError, type JwtTrust } from "@halfkey/model";
import { asymmetricAlgorithms } from "./compact-jwt.ts";
import { KeySet } from "./key-set.ts";
import { parseOutboundUrl } from "./outbound-address.ts";

const textMax = 2048;
const listMax = 100;
const jwksBytesMax = 64 * 1024;

export interface TrustRequest {
  issuer?: string;
  audience?: string;
  "client-id"?: string;
  "bound-client-ids"?: string[];
  "unique-identifier"?: string;
  "jwks-uri"?: string;
  "jwks-json-data"?: string;
  "bound-claims"?: object;
  algorithms?: string[];
  cert?: string;
  "cert-file-data"?: string;
  "subclaims-delimiters"?: string[];
}

/**
 * What was said of an issuer; what was not said stays as it was.
 *
 * @param before Absent for a new method.
 * @throws {CallerError} `E_INPUT`; also where anybody's token of that issuer would do, as there is neither an
 *   audience nor a client id.
 */
export function jwtTrustOf(request: TrustRequest, before?: JwtTrust): JwtTrust {
  for (const field of ["cert", "cert-file-data"] as const)
    if (request[field]) throw refuse(field, "is not supported: give jwks-json-data or jwks-uri");
  if ((request["subclaims-delimiters"] ?? []).some((one) => one !== ""))
    throw refuse("subclaims-delimiters", "is not supported: let the issuer send lists");
  const issuer = text(request, "issuer") ?? before?.issuer ?? "";
  const uniqueIdentifier = text(request, "unique-identifier") ?? before?.uniqueIdentifier ?? "";
  if (issuer === "") throw refuse("issuer", "must be given: the iss of the tokens, letter by letter");
  if (uniqueIdentifier === "") throw refuse("unique-identifier", "must be given, such as sub");
  const audience = text(request, "audience") || text(request, "client-id");
  const audiences = audience === undefined ? (before?.audiences ?? []) : list("audience", [audience]);
  const clientIds = request["bound-client-ids"]
    ? list("bound-client-ids", request["bound-client-ids"])
    : before?.clientIds;
  if (audiences.length === 0 && (clientIds ?? []).length === 0)
    throw refuse("audience", "must be given: else any token of the issuer would do, whoever it is for");
  return {
    issuer,
    audiences,
    ...(clientIds === undefined || clientIds.length === 0 ? {} : { clientIds }),
    algorithms: algorithmsOf(request.algorithms) ?? before?.algorithms ?? [...asymmetricAlgorithms],
    ...keysOf(request, issuer, before),
    uniqueIdentifier,
    boundClaims: boundClaimsOf(request["bound-claims"]) ?? before?.boundClaims ?? {},
  };
}

function keysOf(
  request: TrustRequest,
  issuer: string,
  before?: JwtTrust,
): Pick<JwtTrust, "jwks" | "jwksUrl"> {
  const url = text(request, "jwks-uri");
  const data = request["jwks-json-data"];
  if (url) return { jwksUrl: parseOutboundUrl("jwks-uri", url).href };
  if (data) return { jwks: keySetText(data) };
  const isCleared = url !== undefined || data !== undefined;
  if (!isCleared && before?.jwksUrl !== undefined) return { jwksUrl: before.jwksUrl };
  if (!isCleared && before?.jwks !== undefined) return { jwks: before.jwks };
  // The issuer's discovery document will be asked.
  parseOutboundUrl("issuer", issuer);
  return {};
}

/** JSON, or its base64 as official clients send it. */
function keySetText(data: string): string {
  const json = data.trimStart().startsWith("{") ? data : Buffer.from(data, "base64").toString("utf8");
  const keys = json.length > jwksBytesMax ? undefined : KeySet.parse(Buffer.from(json));
  if (keys === undefined || keys.size === 0)
    throw refuse("jwks-json-data", "must be a JSON Web Key Set with public keys, or the base64 of it");
  return json;
}

function algorithmsOf(given: string[] | undefined): string[] | undefined {
  if (given === undefined) return undefined;
  const algorithms = list("algorithms", given);
  if (algorithms.length === 0 || !algorithms.every((one) => asymmetricAlgorithms.includes(one)))
    throw refuse("algorithms", `must be some of ${asymmetricAlgorithms.join(", ")}`);
  return algorithms;
}

function boundClaimsOf(given: object | undefined): Record<string, string[]> | undefined {
  if (given === undefined) return undefined;
  const entries = Object.entries(given).map(([name, wanted]: [string, unknown]): [string, string[]] => {
    const values: unknown[] = Array.isArray(wanted) ? wanted : [wanted];
    if (!values.every((one): one is string => typeof one === "string"))
      throw refuse("bound-claims", "must hold a text or a list of texts for each claim");
    return [name, list("bound-claims", values, false)];
  });
  if (entries.length > listMax) throw refuse("bound-claims", `must have up to ${listMax} claims`);
  return Object.fromEntries(entries);
}

function list(field: string, given: readonly string[], splits = true): string[] {
  const all = (splits ? given.flatMap((one) => one.split(",")) : given)
    .map((one) => one.trim())
    .filter((one) => one !== "");
  if (all.length > listMax || all.some((one) => one.length > textMax))
    throw refuse(field, `must have up to ${listMax} entries of up to ${textMax} characters`);
  return [...new Set(all)];
}

function text(request: TrustRequest, field: keyof TrustRequest): string | undefined {
  const value = request[field];
  if (typeof value !== "string") return undefined;
  if (value.length > textMax) throw refuse(field, `must have up to ${textMax} characters`);
  return value;
}

function refuse(field: string, why: string): CallerError {
  return new CallerError("E_INPUT", `InvalidParam: ${field} ${why}`);
}
