import { CliError } from "./cli-error.ts";
import type { Gateway } from "./gateway.ts";

interface DerivedKey {
  /** Base64, 32 bytes. */
  derived_key: string;
  version: number;
}

interface Envelope {
  /** Base64url: the padded ciphertext. */
  blob: string;
  /** Of it: nonce, ciphertext and tag. */
  len: number;
  /** Base64url: SHA-256 of the whole. */
  sha: string;
  version: number;
}

/**
 * Reads a value so that it exists in this process alone: the gateway gives the key of one version, and the
 * ciphertext, and never puts the two together (docs/cryptography.md, "Derived key").
 *
 * @throws {CliError} if the ciphertext does not open, or the item changed in between
 */
export async function readLocal(gateway: Gateway, path: string, version = 0): Promise<string> {
  const [{ openBlob }, envelope] = await Promise.all([
    import("@halfkey/crypto"),
    gateway.callOwn<Envelope>("envelope", { path, version }, { path }),
  ]);
  // By the number that came: a newer version between the two requests must not mix them.
  const key = await gateway.callOwn<DerivedKey>("derived-key", { path, version: envelope.version }, { path });
  const dataKey = Buffer.from(key.derived_key, "base64");
  try {
    const blob = Buffer.from(envelope.blob, "base64url");
    return openBlob(dataKey, blob, envelope.len, Buffer.from(envelope.sha, "base64url")).toString("utf8");
  } catch {
    throw new CliError("the ciphertext does not open with its key", {
      exitCode: 2,
      where: path,
      next: "halfkey doctor; the vault may have altered it",
    });
  } finally {
    dataKey.fill(0);
  }
}
