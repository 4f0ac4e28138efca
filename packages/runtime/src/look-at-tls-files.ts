import "reflect-metadata";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fail, type Outcome, ok, skipped, warn } from "@halfkey/diagnosis";
import * as x509 from "@peculiar/x509";

const dayMs = 86_400_000;
const soonDays = 30;

/** The certificates of a server's `tls` folder: there, readable, and valid for a while. */
export function lookAtTlsFiles(folder: string, now = Date.now()): Outcome {
  const ends: number[] = [];
  for (const name of ["ca.pem", "server.pem"]) {
    const file = join(folder, name);
    let text: string;
    try {
      text = readFileSync(file, "latin1");
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT") return skipped(`no ${file} yet: it is made at the first start`);
      return fail("file-damaged", `${file} cannot be read (${code})`);
    }
    try {
      ends.push(new x509.X509Certificate(text).notAfter.getTime());
    } catch {
      const next =
        name === "ca.pem" ? "restore it from a backup" : `remove ${file}: the next start makes it anew`;
      return fail("file-damaged", `${file} is damaged`, next);
    }
  }
  const [ca = 0, server = 0] = ends;
  if (ca < now + soonDays * dayMs)
    return warn(
      `the CA is valid until ${dayOf(ca)} only`,
      "make a new CA in time, and give it to every client",
    );
  if (server < now)
    return warn(`the certificate is over since ${dayOf(server)}`, "restart: it is renewed at the start");
  if (server < now + soonDays * dayMs)
    return warn(
      `the certificate is valid until ${dayOf(server)} only`,
      "restart: it is renewed at the start",
    );
  return ok(`valid until ${dayOf(server)}, its CA until ${dayOf(ca)}`);
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
