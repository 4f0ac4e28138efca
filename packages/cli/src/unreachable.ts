import { nextStepOf, type Runbook } from "@halfkey/model";
import { CliError } from "./cli-error.ts";
import type { Connection } from "./connection.ts";
import type { About } from "./gateway.ts";

const untrusted = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
  "CERT_UNTRUSTED",
]);

/** No answer came: what stands between here and the gateway, and what to do about it. */
export function unreachable(error: unknown, url: URL, connection: Connection, about: About): CliError {
  const code = (error as NodeJS.ErrnoException).code ?? (error as Error).name;
  const [what, next] = advice(code, url, connection, about);
  const place = about.path ? `, ${about.path}` : "";
  const where = `POST ${url.href}${place}, code ${code}`;
  return new CliError(what, { exitCode: 2, where, next, runbook: runbookFor(code, about) });
}

function runbookFor(code: string, { changes }: About): Runbook {
  if (untrusted.has(code) || code.startsWith("ERR_TLS_CERT") || code.startsWith("CERT_")) return "wrong-ca";
  if (changes && !["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"].includes(code)) return "lost-answer";
  return "gateway-unreachable";
}

function advice(code: string, url: URL, connection: Connection, about: About): [string, string] {
  if (code === "ECONNREFUSED") {
    return [
      "nothing listens at the gateway's address",
      "start it (`npm start` on this machine), or correct --url",
    ];
  }
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") {
    return [`the name ${url.hostname} is not known here`, "correct --url, or check the network's DNS"];
  }
  if (untrusted.has(code)) {
    return connection.ca
      ? [
          "the gateway's certificate is not signed by the CA you gave",
          "fetch the gateway's CA again: its tls/ca.pem",
        ]
      : [
          "the gateway's certificate is signed by a CA that is not trusted here",
          "give it with --ca FILE: its tls/ca.pem",
        ];
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return [
      `the gateway's certificate does not name ${url.hostname}`,
      "use a name it has, or add it to the gateway with --hosts",
    ];
  }
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID") {
    return [
      "the gateway's certificate is not valid now",
      "check this machine's clock, then restart the gateway",
    ];
  }
  if (code.startsWith("ERR_SSL") || code === "EPROTO") {
    return ["what answers there does not speak TLS", "check the port in --url, and whether it wants http://"];
  }
  // From here on the request may have arrived.
  if (about.changes) return ["the gateway's answer was lost", nextStepOf("E_UNKNOWN")];
  if (code === "ETIMEDOUT")
    return ["the gateway did not answer in time", "check the network and the gateway's log"];
  return ["the connection to the gateway broke", "try again; if it stays, look at the gateway's log"];
}
