import {
  fromHex,
  keyCheckContext,
  keyCheckValue,
  openVaultFragment,
  purposes,
  randomBytes,
  sealVaultFragment,
  vaultShare,
  wipe,
} from "@halfkey/crypto";
import type { FragmentRow, VaultStore } from "../store/vault-store.ts";

/** A vault share, or why there is none. */
export type Share = { share: Buffer } | { code: "E_FORMAT" | "E_EPOCH" };

const contextBytes = 97;
const fragmentsMax = 4096;
const fragmentPurposes: readonly number[] = [
  purposes.keyCheck,
  purposes.wrap,
  purposes.record,
  purposes.audit,
];

/**
 * Opens vault fragments and computes shares with them. Opened fragments stay in memory; which of them may be used
 * is asked of the database for every request.
 */
export class FragmentKeeper {
  readonly #store: VaultStore;
  readonly #rootKey: Uint8Array;
  readonly #opened = new Map<string, Buffer>();

  constructor(store: VaultStore, rootKey: Uint8Array) {
    this.#store = store;
    this.#rootKey = rootKey;
  }

  /**
   * The share of one context, under the fragments of a snapshot of the database.
   * @see docs/cryptography.md, "Shares": everything that a vault can check of a context, and no more.
   */
  share(account: Buffer, fragments: readonly FragmentRow[], x: Buffer): Share {
    if (x.length !== contextBytes || !account.equals(x.subarray(0, 16))) return { code: "E_FORMAT" };
    const purpose = x[16] ?? 0xff;
    if (!fragmentPurposes.includes(purpose)) return { code: "E_FORMAT" };
    const epoch = epochOf(x);
    const row = fragments.find((one) => one.epoch === epoch);
    if (row === undefined) return { code: "E_EPOCH" };
    // A pending fragment must wrap nothing: until the journal names it, it could still be lost.
    if (!row.active && purpose === purposes.wrap) return { code: "E_EPOCH" };
    return { share: vaultShare(this.#open(account, row), x) };
  }

  /**
   * Makes the fragments that key check questions ask for, where the epoch is the next one.
   * @returns those that are kept now, made here or by another request at the same time.
   */
  async makeAsked(
    account: Buffer,
    fragments: readonly FragmentRow[],
    contexts: readonly Buffer[],
  ): Promise<FragmentRow[]> {
    const highest = Math.max(0, ...fragments.filter(({ active }) => active).map(({ epoch }) => epoch));
    const next = highest + 1;
    const isAsked = contexts.some(
      (x) =>
        x.length === contextBytes &&
        x[16] === purposes.keyCheck &&
        epochOf(x) === next &&
        account.equals(x.subarray(0, 16)),
    );
    if (!isAsked || fragments.some(({ epoch }) => epoch === next)) return [];
    const fragment = randomBytes(32);
    const share = vaultShare(fragment, keyCheckContext(account, 0, next));
    const kept = await this.#store.keepFragment({
      account,
      epoch: next,
      sealed: sealVaultFragment(this.#rootKey, account, next, fragment),
      kcv: fromHex(keyCheckValue(share), 4),
    });
    wipe(fragment, share);
    return kept === undefined ? [] : [kept];
  }

  #open(account: Buffer, { epoch, sealed }: FragmentRow): Buffer {
    // The seal is part of the name: what is opened is always what the database holds now.
    const name = `${account.toString("latin1")}${epoch}:${sealed.toString("latin1", 42, 74)}`;
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const opened = openVaultFragment(this.#rootKey, account, epoch, sealed);
    if (this.#opened.size >= fragmentsMax) this.forget();
    this.#opened.set(name, opened);
    return opened;
  }

  /** Overwrites every opened fragment. */
  forget(): void {
    wipe(...this.#opened.values());
    this.#opened.clear();
  }
}

function epochOf(x: Buffer): number {
  return x.readUInt32BE(61);
}
