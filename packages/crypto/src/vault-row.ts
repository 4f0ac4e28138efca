import { requireLength, writeU32 } from "./bytes.ts";
import { purposes } from "./context.ts";
import { CryptoError } from "./errors.ts";
import { labels } from "./labels.ts";
import { sha256, wipe } from "./primitives.ts";
import { openRooted, sealRooted } from "./rooted-seal.ts";

/** Seals a vault fragment for the vault's database: stolen alone, the database holds none. */
export function sealVaultFragment(
  rootKey: Uint8Array,
  account: Uint8Array,
  vaultEpoch: number,
  fragment: Uint8Array,
): Buffer {
  requireLength("fragment", fragment, 32);
  return sealRooted({ ...rowOf(account, vaultEpoch), customerEpoch: 0, vaultEpoch }, rootKey, fragment);
}

/** @throws {CryptoError} `E_KEY`: wrong root key, account or epoch; `E_TAG`, `E_FORMAT`. */
export function openVaultFragment(
  rootKey: Uint8Array,
  account: Uint8Array,
  vaultEpoch: number,
  sealed: Uint8Array,
): Buffer {
  const { plaintext } = openRooted(rowOf(account, vaultEpoch), sealed, () => rootKey);
  if (plaintext.length === 32) return plaintext;
  wipe(plaintext);
  throw new CryptoError("E_FORMAT", "a vault fragment has 32 bytes");
}

function rowOf(account: Uint8Array, vaultEpoch: number) {
  const epoch = new Uint8Array(4);
  writeU32(epoch, 0, vaultEpoch);
  return { account, purpose: purposes.vaultRow, id: sha256(labels.row, account, epoch) };
}
