import { createHash } from "node:crypto";
import { toBase64Url } from "./buffers.ts";
import { labels } from "./labels.ts";
import { type SigningKey, verifySignature } from "./signing.ts";

/** First line of a bundle's plaintext. */
export interface BundleHeader {
  halfkey: "backup/1";
  account: string;
  fragment: string;
  instance: string;
  /** RFC 3339, in seconds. */
  created: string;
  seq: number;
  /** Hash of entry `seq`, hex. */
  head: string;
  /** Key check values by epoch, of the customer's and of the vault's fragments. */
  kcv: { c: Record<string, string>; v: Record<string, string> };
  with: ("fragment" | "state" | "blobs")[];
  /** PEM of the only CA to trust for the vault, where there is one: a bare machine needs it. */
  vaultCa?: string;
}

/** What the last line says of all lines before it. */
export interface BundleEnd {
  /** SHA-256 of all bytes before the end line. */
  hash: Buffer;
  /** Instance that signed, hex. */
  by: string;
  signature: Buffer;
}

/** Makes the lines of a bundle (NDJSON), and its end line, which counts, hashes and signs them. */
export class BundleWriter {
  readonly #hash = createHash("sha256");
  #lines = 0;

  line(content: object): Buffer {
    const bytes = Buffer.from(`${JSON.stringify(content)}\n`);
    this.#hash.update(bytes);
    this.#lines += 1;
    return bytes;
  }

  end(by: string, signingKey: SigningKey): Buffer {
    const hash = this.#hash.digest();
    const sig = toBase64Url(signingKey.sign(Buffer.concat([labels.bundle, hash])));
    const end = { end: true, lines: this.#lines + 1, sha256: hash.toString("hex"), by, sig };
    return Buffer.from(`${JSON.stringify(end)}\n`);
  }
}

export function verifyBundleEnd({ hash, signature }: BundleEnd, publicKey: Uint8Array): boolean {
  return verifySignature(publicKey, Buffer.concat([labels.bundle, hash]), signature);
}

/** `halfkey-<fragment>-<seq>-<head's first 8 digits>.age` */
export function bundleName({ fragment, seq, head }: { fragment: string; seq: number; head: string }): string {
  return `halfkey-${fragment}-${seq}-${head.slice(0, 8)}.age`;
}

const nameForm = /^halfkey-(cf-[a-z2-7]{16})-(\d{1,16})-([0-9a-f]{8})\.age$/;

/** What a bundle's file name says; nothing for another file's. */
export function parseBundleName(name: string): { fragment: string; seq: number; head8: string } | undefined {
  const [, fragment = "", seq = "", head8 = ""] = nameForm.exec(name) ?? [];
  return fragment === "" ? undefined : { fragment, seq: Number(seq), head8 };
}

/** Hash of a whole file as a stream, hex: to compare what was written with what lies there. */
export class FileHash {
  readonly #hash = createHash("sha256");
  bytes = 0;

  update(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  digest(): string {
    return this.#hash.digest("hex");
  }
}
