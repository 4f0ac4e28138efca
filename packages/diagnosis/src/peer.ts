import { isIP } from "node:net";

/** One server to look at, step by step. */
export interface Peer {
  /** As in a message: `the gateway`. */
  name: string;
  host: string;
  port: number;
  /** Whether TLS is spoken; then `ca` is the only CA to trust, PEM, and nothing stands for the public ones. */
  tls: boolean;
  ca: string | undefined;
}

export function peerOf(name: string, url: URL, ca: string | undefined): Peer {
  const { protocol, hostname, port } = url;
  const tls = protocol === "https:";
  return { name, host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (tls ? 443 : 80), tls, ca };
}

export function placeOf({ host, port }: Peer): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
