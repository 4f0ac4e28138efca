import { isIP } from "node:net";
import { connect, type PeerCertificate } from "node:tls";
import { fail, type Outcome, ok, skipped, warn } from "./check.ts";
import type { FailureModeName } from "./failure-modes.ts";
import { type Peer, placeOf } from "./peer.ts";

const timeMs = 5000;
const dayMs = 86_400_000;
const soonDays = 30;

/** Which failure mode each kind of trouble is: that depends on whose connection it is. */
export interface CertificateModes {
  unreachable: FailureModeName;
  untrusted: FailureModeName;
  wrongName: FailureModeName;
  over: FailureModeName;
  notTls: FailureModeName;
}

interface Seen {
  /** Why it is not trusted, in OpenSSL's or Node's words. */
  refused: string | undefined;
  certificate: PeerCertificate | undefined;
  /** Why there was no certificate to see. */
  failed: string | undefined;
}

/** Whether the peer's certificate is one that its clients accept, and for how long. */
export async function lookAtCertificate(
  peer: Peer,
  modes: CertificateModes,
  now = Date.now(),
): Promise<Outcome> {
  if (!peer.tls) return skipped("plain HTTP, on this machine only");
  const { refused, certificate, failed } = await shakeHands(peer);
  const place = placeOf(peer);
  if (certificate === undefined) {
    if (failed === "ETIMEDOUT" || failed === "ECONNRESET" || failed === "ECONNREFUSED")
      return fail(modes.unreachable, `${place} accepts connections and says nothing (${failed})`);
    return fail(modes.notTls, `what answers at ${place} does not speak TLS (${failed})`);
  }
  const until = Date.parse(certificate.valid_to);
  if (refused === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return fail(modes.wrongName, `the certificate does not name ${peer.host}, but ${namesOf(certificate)}`);
  }
  if (refused === "CERT_HAS_EXPIRED" || refused === "CERT_NOT_YET_VALID" || until < now) {
    return fail(
      modes.over,
      `the certificate is valid from ${dayOf(certificate.valid_from)} to ${dayOf(certificate.valid_to)}`,
    );
  }
  if (refused !== undefined) {
    const whose = peer.ca === undefined ? "a CA that is not trusted here" : "another CA than the one given";
    return fail(
      modes.untrusted,
      `the certificate is signed by ${whose}: ${issuerOf(certificate)} (${refused})`,
    );
  }
  const days = Math.floor((until - now) / dayMs);
  const seen = `trusted, until ${dayOf(certificate.valid_to)}`;
  if (days < soonDays)
    return warn(`${seen}: ${days} days left`, `restart ${peer.name}: it renews its certificate at the start`);
  return ok(seen);
}

function shakeHands({ host, port, ca }: Peer): Promise<Seen> {
  return new Promise((resolve) => {
    const socket = connect({
      host,
      port,
      ...(ca === undefined ? {} : { ca }),
      ...(isIP(host) === 0 ? { servername: host } : {}),
      minVersion: "TLSv1.2",
      // To see what a refused certificate is; nothing is sent.
      rejectUnauthorized: false,
    });
    const end = (seen: Partial<Seen>) => {
      socket.destroy();
      resolve({ refused: undefined, certificate: undefined, failed: undefined, ...seen });
    };
    socket.setTimeout(timeMs, () => end({ failed: "ETIMEDOUT" }));
    socket.once("error", (error: NodeJS.ErrnoException) => end({ failed: error.code ?? error.name }));
    socket.once("secureConnect", () => {
      // Typed as an error, and in fact its code.
      const refused = socket.authorized ? undefined : String(socket.authorizationError);
      end({ refused, certificate: socket.getPeerCertificate() });
    });
  });
}

function namesOf({ subjectaltname = "" }: PeerCertificate): string {
  const names = subjectaltname.split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""));
  return names.slice(0, 6).join(", ") || "nothing";
}

function issuerOf({ issuer }: PeerCertificate): string {
  return String(issuer.CN ?? issuer.O ?? "without a name");
}

function dayOf(text: string): string {
  return new Date(text).toISOString().slice(0, 10);
}
