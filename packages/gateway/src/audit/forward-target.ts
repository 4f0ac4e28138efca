import { OperatorError } from "@halfkey/model";
import { fileTarget } from "./forward-to-file.ts";
import { otlpTarget } from "./forward-to-otlp.ts";
import { syslogTarget } from "./forward-to-syslog.ts";
import type { OpenedEntry } from "./search-audit.ts";

/** Where entries go on to. */
export interface ForwardTarget {
  /** Resolves when all of them are handed over. Rejects if that is not sure: they are sent again. */
  send(entries: readonly OpenedEntry[]): Promise<void>;
  close(): void;
}

/** How long a target may take for a batch. */
export const sendMs = 10_000;

/** @param text A URL: `file:///…`, `syslog+udp://host:514`, `syslog+tcp://`, `syslog+tls://`, `otlp+http(s)://…`. @throws {OperatorError} */
export function forwardTarget(text: string): ForwardTarget {
  const url = URL.parse(text);
  if (url !== null && (url.username !== "" || url.password !== ""))
    throw new OperatorError("E_INPUT", "audit-forward takes no credentials: it would show them in logs");
  switch (url?.protocol) {
    case "file:":
      return fileTarget(url);
    case "syslog+udp:":
    case "syslog+tcp:":
    case "syslog+tls:":
      return syslogTarget(url);
    case "otlp+http:":
    case "otlp+https:":
      return otlpTarget(url);
    default:
      throw new OperatorError(
        "E_INPUT",
        "audit-forward takes file:///path, syslog+udp://host:514, syslog+tcp://, syslog+tls:// and otlp+https://host/v1/logs",
      );
  }
}
