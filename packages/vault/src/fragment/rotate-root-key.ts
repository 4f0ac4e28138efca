import { openVaultFragment, sealVaultFragment, wipe } from "@halfkey/crypto";
import type { VaultStore } from "../store/vault-store.ts";
import { VaultKeys } from "../vault-keys.ts";
import { sealRootKeyCheck } from "./root-key.ts";

/**
 * Seals everything that the old root key has sealed under the new one: fragments, pending ones too, and vault keys, in
 * one transaction. The server must not run: it would seal with the key that it has.
 *
 * @throws {CryptoError} for a row that does not open; then nothing was changed.
 */
export async function rotateRootKey(
  store: VaultStore,
  oldKey: Uint8Array,
  newKey: Uint8Array,
): Promise<{ fragments: number; instances: number }> {
  const { fragments, instances } = await store.sealedRows();
  const [before, after] = [new VaultKeys(oldKey), new VaultKeys(newKey)];
  const resealed = {
    check: sealRootKeyCheck(newKey),
    fragments: fragments.map(({ account, epoch, sealed }) => {
      const fragment = openVaultFragment(oldKey, account, epoch, sealed);
      const anew = sealVaultFragment(newKey, account, epoch, fragment);
      wipe(fragment);
      return { account, epoch, sealed: anew };
    }),
    instances: instances.map(({ account, instance, sealedKey }) => {
      const key = before.open(account, instance, sealedKey);
      return { account, instance, sealedKey: after.seal(account, instance, key) };
    }),
  };
  before.forget();
  await store.reseal(resealed);
  return { fragments: fragments.length, instances: instances.length };
}
