import "reflect-metadata";
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { OperatorError } from "@halfkey/model";
import * as x509 from "@peculiar/x509";
import { writeFileDurably } from "./durable-file.ts";
import { makePrivateFolder, readPrivateFile } from "./private-file.ts";

const dayMs = 86_400_000;
const caDays = 3650;
/** The longest life that common clients accept. */
const serverDays = 825;
const renewDays = 30;
const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

interface Ca {
  certificate: x509.X509Certificate;
  key: CryptoKey;
}

/**
 * The certificate of a server and the private CA that signs it, both made on first use below `folder`: `ca.pem`,
 * `ca-key.pem`, `server.pem`, `server-key.pem`. The server's names `localhost`, 127.0.0.1, ::1 and `hosts`; it is
 * renewed when those change or under 30 days are left. The CA stays, as clients have it pinned.
 *
 * @throws {OperatorError} E_CHECK where a file is damaged, readable by others, or a CA has lost its key.
 */
export async function ensureServerTls(
  folder: string,
  hosts: string[],
): Promise<{ ca: string; caFile: string; cert: string; key: string }> {
  x509.cryptoProvider.set(crypto);
  makePrivateFolder(folder);
  const caFile = join(folder, "ca.pem");
  const ca = readText(caFile) ?? (await makeCa(folder));
  const caCertificate = parseCertificate(ca, caFile);
  const names = [...new Set(["localhost", "127.0.0.1", "::1", ...hosts])];

  const present = await presentServer(folder, caCertificate, names);
  const server = present ?? (await makeServer(folder, await loadCa(folder, caCertificate), names));
  return { ca, caFile, ...server };
}

async function makeCa(folder: string): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `CN=Halfkey CA ${serialNumber().slice(2, 10)}`,
    ...validity(caDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  // The key first: a crash in between leaves a key without certificate, and the next start makes both anew.
  await writeFileDurably(join(folder, "ca-key.pem"), await keyPem(keys.privateKey));
  const pem = `${certificate.toString("pem")}\n`;
  await writeFileDurably(join(folder, "ca.pem"), pem, { mode: 0o644 });
  return pem;
}

async function loadCa(folder: string, certificate: x509.X509Certificate): Promise<Ca> {
  const file = join(folder, "ca-key.pem");
  const pem = await readPrivateFile(file);
  try {
    const bytes = x509.PemConverter.decodeFirst(pem.toString("latin1"));
    const key = await crypto.subtle.importKey("pkcs8", bytes, algorithm, true, ["sign"]);
    return { certificate, key };
  } catch {
    throw new OperatorError(
      "E_CHECK",
      `file ${file} is damaged: restore it from a backup, or remove the folder and give clients the new ca.pem`,
    );
  }
}

async function presentServer(
  folder: string,
  ca: x509.X509Certificate,
  names: string[],
): Promise<{ cert: string; key: string } | undefined> {
  const file = join(folder, "server.pem");
  const cert = readText(file);
  if (cert === undefined) return undefined;
  const certificate = parseCertificate(cert, file);
  const key = (await readPrivateFile(join(folder, "server-key.pem"))).toString("latin1");
  const isCurrent =
    sameNames(namesOf(certificate), names) &&
    certificate.notAfter.getTime() - Date.now() > renewDays * dayMs &&
    (await certificate.verify({ publicKey: ca.publicKey, signatureOnly: true })) &&
    (await belongs(key, certificate));
  return isCurrent ? { cert, key } : undefined;
}

async function makeServer(folder: string, ca: Ca, names: string[]): Promise<{ cert: string; key: string }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: "CN=Halfkey server",
    issuer: ca.certificate.subject,
    ...validity(serverDays),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: ca.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ("dns" as const) : ("ip" as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca.certificate.publicKey),
    ],
  });
  const cert = `${certificate.toString("pem")}\n`;
  const key = await keyPem(keys.privateKey);
  // A crash between the two leaves a pair that does not belong together, which the next start sees and renews.
  await writeFileDurably(join(folder, "server-key.pem"), key);
  await writeFileDurably(join(folder, "server.pem"), cert, { mode: 0o644 });
  return { cert, key };
}

function validity(days: number): { notBefore: Date; notAfter: Date } {
  // An hour earlier, for clients whose clocks are behind.
  const now = Date.now();
  return { notBefore: new Date(now - 3_600_000), notAfter: new Date(now + days * dayMs) };
}

/** 16 random bytes as hex, positive as RFC 5280 §4.1.2.2 asks. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString("hex");
}

async function keyPem(key: CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;
}

async function belongs(keyText: string, certificate: x509.X509Certificate): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey(
      "pkcs8",
      x509.PemConverter.decodeFirst(keyText),
      algorithm,
      true,
      ["sign"],
    );
    const probe = new Uint8Array(32);
    const signature = await crypto.subtle.sign(algorithm, key, probe);
    return await crypto.subtle.verify(algorithm, await certificate.publicKey.export(), signature, probe);
  } catch {
    return false;
  }
}

function namesOf(certificate: x509.X509Certificate): string[] {
  const extension = certificate.getExtension(x509.SubjectAlternativeNameExtension);
  return extension?.names.items.map(({ value }) => value) ?? [];
}

function sameNames(one: string[], other: string[]): boolean {
  const plain = (names: string[]) =>
    names
      .map((name) => name.toLowerCase())
      .sort()
      .join("\n");
  return plain(one) === plain(other);
}

function parseCertificate(pem: string, file: string): x509.X509Certificate {
  try {
    return new x509.X509Certificate(pem);
  } catch {
    throw new OperatorError("E_CHECK", `file ${file} is damaged: restore it from a backup`);
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
