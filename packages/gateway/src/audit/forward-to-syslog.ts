import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { hostname } from "node:os";
import { connect as connectSecure } from "node:tls";
import { type ForwardTarget, sendMs } from "./forward-target.ts";
import type { OpenedEntry } from "./search-audit.ts";

/** RFC 5424: facility 13, log audit; severity 6, informational, or 4, warning, for refusals. */
const priorities = { ok: 13 * 8 + 6, refused: 13 * 8 + 4 } as const;
const ports: Record<string, number> = { "syslog+udp:": 514, "syslog+tcp:": 601, "syslog+tls:": 6514 };

/**
 * RFC 5424 over UDP (RFC 5426), TCP with octet counts (RFC 6587) or TLS (RFC 5425). Syslog acknowledges nothing: what is
 * handed to a connection that then breaks may be lost, and UDP loses in silence. The log here has it all.
 */
export function syslogTarget(url: URL): ForwardTarget {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port) || (ports[url.protocol] ?? 0);
  return url.protocol === "syslog+udp:"
    ? datagrams(host, port)
    : stream(host, port, url.protocol === "syslog+tls:");
}

export function syslogMessage(entry: OpenedEntry): string {
  const priority = entry.ok === false ? priorities.refused : priorities.ok;
  const time = typeof entry.t === "number" ? new Date(entry.t).toISOString() : "-";
  // Non-ASCII is escaped: what is no UTF-8 receiver gets JSON all the same.
  const json = JSON.stringify(entry).replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `<${priority}>1 ${time} ${hostname().slice(0, 255) || "-"} halfkey-gateway ${process.pid} audit - ${json}`;
}

function datagrams(host: string, port: number): ForwardTarget {
  return {
    async send(entries) {
      const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
      try {
        for (const entry of entries) {
          const { promise, resolve, reject } = Promise.withResolvers<void>();
          socket.send(syslogMessage(entry), port, host, (error) =>
            error === null ? resolve() : reject(error),
          );
          await promise;
        }
      } finally {
        socket.close();
      }
    },
    close() {},
  };
}

function stream(host: string, port: number, secure: boolean): ForwardTarget {
  let socket: Socket | undefined;
  const connected = async (signal: AbortSignal): Promise<Socket> => {
    if (socket?.writable === true) return socket;
    const fresh = secure ? connectSecure({ host, port, servername: host }) : connectPlain({ host, port });
    // A connection that breaks while nothing is sent is noticed by the next batch.
    fresh.on("error", () => fresh.destroy());
    fresh.on("end", () => fresh.destroy());
    fresh.resume();
    try {
      await once(fresh, secure ? "secureConnect" : "connect", { signal });
    } catch (error) {
      fresh.destroy();
      throw error;
    }
    fresh.unref();
    socket = fresh;
    return fresh;
  };
  return {
    async send(entries) {
      const signal = AbortSignal.timeout(sendMs);
      const to = await connected(signal);
      const text = entries
        .map(syslogMessage)
        .map((message) => `${message.length} ${message}`)
        .join("");
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      // A receiver that takes nothing holds up nobody but itself.
      signal.addEventListener("abort", () => to.destroy(new Error("it takes nothing")));
      to.write(text, (error) => (error == null ? resolve() : reject(error)));
      await promise;
    },
    close: () => socket?.destroy(),
  };
}
