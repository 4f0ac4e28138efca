import { lookup } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { CallerError } from "@halfkey/model";
import { blocksOf } from "./bound-addresses.ts";

const loopback = blocksOf(["127.0.0.0/8", "::1"]);

/**
 * Where no issuer and no API server is, but what a cloud tells its machines in confidence: link-local addresses and
 * the other known metadata services, in every spelling of IPv6 that leads to them; and addresses that are no host's.
 */
const forbidden = blocksOf([
  "0.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
  "::",
  "fe80::/10",
  "ff00::/8",
  "fd00:ec2::254",
  "fd20:ce::254",
  "::169.254.0.0/112",
  "64:ff9b::a9fe:0/112",
  "64:ff9b:1::/48",
  "2002:a9fe::/32",
]);

/** Thrown by name resolution, so that no connection is begun. */
export class AddressRefused extends Error {}

/**
 * An address that this gateway itself will call: `https`, or `http` on this machine.
 *
 * @throws {CallerError} `E_INPUT` naming the field
 */
export function parseOutboundUrl(field: string, text: string): URL {
  const refuse = (why: string) => new CallerError("E_INPUT", `InvalidParam: ${field} ${why}`);
  const url = URL.parse(text);
  if (url === null || url.host === "") throw refuse("must be an absolute URL");
  const host = hostOf(url);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopbackName(host)))
    throw refuse("must begin with https://");
  if (url.username !== "" || url.password !== "") throw refuse("must not hold a user name or a password");
  if (url.hash !== "") throw refuse("must not have a part after '#'");
  if (isIP(host) !== 0 && isForbidden(host))
    throw refuse("names an address that no issuer has: link-local, metadata or unspecified");
  return url;
}

/**
 * Resolves names as the system does, and gives out addresses only if all of them may be called: a name that is
 * checked here and resolved once more to connect could lead elsewhere the second time.
 *
 * @param url An address literal never gets here: {@link parseOutboundUrl} has looked at it.
 */
export function guardedLookup(url: URL): LookupFunction {
  const mustBeLoopback = url.protocol === "http:";
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, "", 0);
      const bad = found.some(
        ({ address }) => isForbidden(address) || (mustBeLoopback && !isLoopback(address)),
      );
      const [first] = found;
      if (bad || first === undefined) return callback(new AddressRefused("address refused"), "", 0);
      if (options.all) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function isForbidden(address: string): boolean {
  // A zone (fe80::1%eth0) is for link-local addresses alone.
  return address.includes("%") || forbidden.check(address, familyOf(address));
}

function isLoopback(address: string): boolean {
  return loopback.check(address, familyOf(address));
}

function isLoopbackName(host: string): boolean {
  return host === "localhost" || (isIP(host) !== 0 && isLoopback(host));
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
