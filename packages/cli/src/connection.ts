import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { CliError } from "./cli-error.ts";
import type { Globals } from "./globals.ts";
import { parseObject, readPrivate, readProfile } from "./profile.ts";

export type Credentials = { token: string } | { accessId: string; accessKey: string };

/** Which gateway, whom to trust for it, and as whom to log in. */
export interface Connection {
  /** Base of the API: ends in `/v2`, without a slash. */
  base: string;
  /** PEM; undefined trusts what Node trusts. */
  ca: string | undefined;
  /** Where the CA was read from, if it is a file of its own. */
  caFile?: string | undefined;
  credentials: Credentials;
  /** For --verbose: where all this came from. */
  source: string;
}

/** What a command's own options say of the connection: they stand over everything else. */
export interface ConnectionOverrides {
  url?: string | undefined;
  credentials?: Credentials | undefined;
}

export interface ConnectionInput {
  globals: Globals;
  environment: NodeJS.ProcessEnv;
  workingDirectory: string;
  overrides?: ConnectionOverrides | undefined;
}

/** One place that may name a gateway and credentials. */
interface Source {
  name: string;
  url?: string | undefined;
  ca?: string | undefined;
  caFile?: string | undefined;
  credentials?: Credentials | undefined;
}

/**
 * Flags stand over HALFKEY_… variables, and these over one further source: the profile named with --profile or
 * HALFKEY_PROFILE, else the AKEYLESS_… variables, else the profile named by AKEYLESS_DEFAULT_PROFILE or
 * `default`, else the dev.json of `npm start`. Sources below the first are never mixed: the key of one gateway
 * must not be sent to another.
 *
 * @throws {CliError} if no source names a gateway and credentials.
 */
export function findConnection(input: ConnectionInput): Connection {
  const { globals, environment, overrides = {} } = input;
  const own = fromVariables("HALFKEY", environment);
  const namedUrl = overrides.url ?? globals.url;
  const given = overrides.credentials ?? (globals.token ? { token: globals.token } : undefined);
  const complete = (namedUrl ?? own.url) !== undefined && (given ?? own.credentials) !== undefined;
  const base = complete && !globals.profile ? { name: "the command line" } : baseSource(input, given);
  const preferred = globals.profile ? base : own;
  const other = globals.profile ? own : base;

  const url = namedUrl ?? preferred.url ?? other.url;
  const credentials = given ?? preferred.credentials ?? other.credentials;
  if (url === undefined || credentials === undefined) throw notConfigured(url);
  const trusted = preferred.ca ? preferred : other;
  return {
    base: apiBase(url),
    ca: globals.ca ? readCa(globals.ca) : trusted.ca,
    caFile: globals.ca ?? trusted.caFile,
    credentials,
    source: complete && !globals.profile && !namedUrl ? own.name : base.name,
  };
}

function baseSource(input: ConnectionInput, given: Credentials | undefined): Source {
  const { globals, environment } = input;
  const named = globals.profile ?? (environment.HALFKEY_PROFILE || undefined);
  if (named) return fromNamedProfile(named, environment);
  const akeyless = fromVariables("AKEYLESS", environment);
  if (akeyless.url && (given ?? akeyless.credentials)) return akeyless;
  const usual = environment.AKEYLESS_DEFAULT_PROFILE;
  if (usual) return fromNamedProfile(usual, environment);
  return fromProfile("default", environment) ?? fromDevJson(input) ?? { name: "nothing" };
}

function fromNamedProfile(name: string, environment: NodeJS.ProcessEnv): Source {
  const profile = fromProfile(name, environment);
  if (profile) return profile;
  throw new CliError(`there is no profile ${JSON.stringify(name.slice(0, 40))}`, {
    next: name.startsWith("t-")
      ? "a token is given with --token or HALFKEY_TOKEN"
      : `halfkey configure --profile ${name}`,
  });
}

function fromVariables(prefix: "HALFKEY" | "AKEYLESS", environment: NodeJS.ProcessEnv): Source {
  const variable = (name: string) => environment[`${prefix}_${name}`] || undefined;
  const own = prefix === "HALFKEY";
  const token = own ? variable("TOKEN") : undefined;
  const accessId = variable("ACCESS_ID");
  const accessKey = variable("ACCESS_KEY");
  const caFile = variable(own ? "CA" : "TRUSTED_TLS_CERTIFICATE_FILE");
  if (own && !token && (accessId === undefined) !== (accessKey === undefined)) {
    throw new CliError("HALFKEY_ACCESS_ID and HALFKEY_ACCESS_KEY belong together, and one is missing");
  }
  return {
    name: `the ${prefix}_… variables`,
    url: variable(own ? "URL" : "GATEWAY_URL"),
    ca: caFile ? readCa(caFile) : undefined,
    caFile,
    credentials: token ? { token } : accessId && accessKey ? { accessId, accessKey } : undefined,
  };
}

function fromProfile(name: string, environment: NodeJS.ProcessEnv): Source | undefined {
  const profile = readProfile(name, environment);
  if (!profile) return undefined;
  const { url, ca, accessId, accessKey } = profile;
  return { name: `profile ${name}`, url, ca, credentials: { accessId, accessKey } };
}

/**
 * What `npm start` left in this folder. A folder may come from anybody, so its file counts only if it is
 * private (an archive or a clone makes it readable) and names this machine.
 */
function fromDevJson({ environment, workingDirectory }: ConnectionInput): Source | undefined {
  const file = resolve(workingDirectory, environment.HALFKEY_DATA || ".halfkey", "dev.json");
  const text = readPrivate(file);
  if (text === undefined || statSync(file).uid !== (process.getuid?.() ?? statSync(file).uid))
    return undefined;
  const { gatewayUrl, caFile, accessId, accessKey } = parseObject(text) ?? {};
  if (typeof gatewayUrl !== "string" || typeof caFile !== "string") return undefined;
  if (typeof accessId !== "string" || typeof accessKey !== "string") return undefined;
  if (!isLoopback(new URL(gatewayUrl))) return undefined;
  return { name: file, url: gatewayUrl, ca: readCa(caFile), caFile, credentials: { accessId, accessKey } };
}

/** @throws {CliError} */
export function readCa(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`the CA file cannot be read (${(error as NodeJS.ErrnoException).code})`, {
      where: file,
    });
  }
  if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  throw new CliError("the CA file holds no certificate in PEM", { where: file });
}

/**
 * Where the API lives below the address that people write: a bare host, Akeyless's `…/akeyless-api`, or the
 * full base that ends in `/v2`.
 *
 * @throws {CliError} for what is no address, or would send credentials in the clear over a network.
 */
export function apiBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !["https:", "http:"].includes(url.protocol)) {
    throw new CliError(`${JSON.stringify(text.slice(0, 80))} is no gateway address`, {
      next: "write it as https://gateway.example:8443",
    });
  }
  if (url.protocol === "http:" && !isLoopback(url)) {
    throw new CliError("the address is http://, which would show the key to the network", {
      where: url.host,
      next: "use https://",
    });
  }
  // Akeyless's own page names `…/api/v1` for AKEYLESS_GATEWAY_URL; its successor is `/api/v2`.
  const path = url.pathname.replace(/\/+$/, "").replace(/\/api\/v1$/, "/api/v2");
  if (path.endsWith("/v2")) return `${url.origin}${path}`;
  return `${url.origin}${path}${path.endsWith("/akeyless-api") ? "/v2" : "/akeyless-api/v2"}`;
}

/** Where Halfkey's own API lives beside the Akeyless-compatible one: below the same address. */
export function ownBase(base: string): string {
  return `${base.replace(/(\/akeyless-api)?(\/api)?\/v2$/, "")}/halfkey/v1`;
}

function isLoopback({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function notConfigured(url: string | undefined): CliError {
  return new CliError(url ? "no credentials are configured" : "no gateway is configured", {
    next: "halfkey configure --url https://… --access-id p-… --ca FILE, or npm start for one on this machine",
  });
}
