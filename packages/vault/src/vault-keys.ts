import { openVaultFragment, sealVaultFragment, sha256, wipe } from "@halfkey/crypto";

const label = Buffer.from("halfkey/v1/vault-key\0", "latin1");
const openedMax = 10_000;

/**
 * The keys of instances: they authenticate requests, so at rest they are sealed under the root key as fragments
 * are. In place of the account stands H(label ‖ account ‖ instance)[0:16], so a seal fits one instance only, and
 * is never taken for a fragment.
 */
export class VaultKeys {
  readonly #rootKey: Uint8Array;
  readonly #opened = new Map<string, { sealed: Buffer; key: Buffer }>();

  constructor(rootKey: Uint8Array) {
    this.#rootKey = rootKey;
  }

  seal(account: Uint8Array, instance: Uint8Array, key: Uint8Array): Buffer {
    return sealVaultFragment(this.#rootKey, place(account, instance), 1, key);
  }

  /** @throws {CryptoError} E_KEY, E_TAG: the row was altered. */
  open(account: Uint8Array, instance: Buffer, sealed: Buffer): Buffer {
    const name = instance.toString("latin1");
    const known = this.#opened.get(name);
    // Compared with what the database holds now, as re-keying may have been done by another process.
    if (known?.sealed.equals(sealed)) return known.key;
    const key = openVaultFragment(this.#rootKey, place(account, instance), 1, sealed);
    if (this.#opened.size >= openedMax) this.forget();
    this.#opened.set(name, { sealed, key });
    return key;
  }

  /** Overwrites every opened key. */
  forget(): void {
    for (const { key } of this.#opened.values()) wipe(key);
    this.#opened.clear();
  }
}

function place(account: Uint8Array, instance: Uint8Array): Buffer {
  return sha256(label, account, instance).subarray(0, 16);
}
