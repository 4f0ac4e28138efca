import {
  customerShare,
  deriveControlKeys,
  type FragmentPayload,
  fromBase64Url,
  fromHex,
  keyCheckContext,
  keyCheckValue,
  purposes,
  recordId,
  rootContext,
  rootKey,
  type SigningKey,
  signingKeyFromSeed,
  wipe,
  zero32,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";

/** Purposes that have a root key: metadata costs no vault call once its root is here. */
export type RootPurpose = typeof purposes.record | typeof purposes.audit;

/**
 * The unsealed customer side: everything that the fragment file holds, ready to use. It exists in this
 * process's memory only, and nothing here is ever sent, logged or written in clear.
 */
export class Keyring {
  readonly account: Buffer;
  readonly accountHex: string;
  readonly fragment: string;
  readonly instance: string;
  /** H(journal entry 0), or nothing before this account has one. */
  readonly genesis: Buffer | undefined;
  readonly signingKey: SigningKey;
  readonly vaultKey: Buffer;
  readonly vaultUrl: string;
  readonly hedge: Buffer;
  readonly stateKey: Buffer;
  readonly #name: Buffer;
  readonly #epochs = new Map<number, Buffer>();
  readonly #vaultKcv: Map<number, string>;
  readonly #roots = new Map<string, { key: Buffer; customerEpoch: number; vaultEpoch: number }>();

  constructor(payload: FragmentPayload) {
    const control = fromBase64Url(payload.control, 32);
    const keys = deriveControlKeys(control);
    wipe(control);
    this.#name = keys.name;
    this.hedge = keys.hedge;
    this.stateKey = keys.state;
    this.account = fromHex(payload.account, 16);
    this.accountHex = payload.account;
    this.fragment = payload.fragment;
    this.instance = payload.instance.id;
    const genesis = fromHex(payload.genesis, 32);
    this.genesis = genesis.equals(zero32) ? undefined : genesis;
    this.signingKey = signingKeyFromSeed(fromBase64Url(payload.instance.sign, 32));
    this.vaultKey = fromBase64Url(payload.instance.key, 32);
    this.vaultUrl = payload.instance.vault;
    this.#vaultKcv = new Map(payload.vaultEpochs.map(({ f, kcv }) => [f, kcv]));
    for (const { e, parts } of payload.epochs) this.addEpoch(e, parts["0"]);
  }

  /** Key check values of the vault's epochs: as the file knows them, then as the journal does. */
  get vaultKcv(): ReadonlyMap<number, string> {
    return this.#vaultKcv;
  }

  /** @param key base64url, 32 bytes. */
  addEpoch(epoch: number, key: string): void {
    this.#epochs.set(epoch, fromBase64Url(key, 32));
  }

  addVaultEpoch(epoch: number, kcv: string): void {
    this.#vaultKcv.set(epoch, kcv);
  }

  /** Overwrites a customer epoch and every root key made of it. */
  dropEpoch(epoch: number): void {
    wipe(this.#epochs.get(epoch) ?? new Uint8Array());
    this.#epochs.delete(epoch);
    this.#dropRoots((e) => e === epoch);
  }

  /** Forgets a vault epoch, and overwrites every root key made of it. */
  dropVaultEpoch(epoch: number): void {
    this.#vaultKcv.delete(epoch);
    this.#dropRoots((_, f) => f === epoch);
  }

  get customerEpochs(): number[] {
    return [...this.#epochs.keys()].sort((a, b) => a - b);
  }

  hasEpoch(epoch: number): boolean {
    return this.#epochs.has(epoch);
  }

  /** @throws {OperatorError} `E_EPOCH` for an epoch that is not loaded. */
  customerShare(epoch: number, x: Uint8Array): Buffer {
    const key = this.#epochs.get(epoch);
    if (key === undefined) throw epochMissing(epoch);
    return customerShare(key, x);
  }

  /** Key check value of a customer epoch, 8 hex digits: may be shown. */
  customerKcv(epoch: number): string {
    return keyCheckValue(this.customerShare(epoch, keyCheckContext(this.account, epoch, 0)));
  }

  recordId(kind: number, name: string): Buffer {
    return recordId(this.#name, kind, name);
  }

  /** Makes and keeps the root key of a pair of epochs from the vault's share of its root context. */
  addRoot(purpose: RootPurpose, customerEpoch: number, vaultEpoch: number, share: Uint8Array): void {
    const x0 = rootContext(this.account, purpose, customerEpoch, vaultEpoch);
    const own = this.customerShare(customerEpoch, x0);
    const key = rootKey(own, share, x0);
    this.#roots.set(rootName(purpose, customerEpoch, vaultEpoch), { key, customerEpoch, vaultEpoch });
    wipe(own);
  }

  root(purpose: RootPurpose, customerEpoch: number, vaultEpoch: number): Buffer | undefined {
    return this.#roots.get(rootName(purpose, customerEpoch, vaultEpoch))?.key;
  }

  readonly recordRoot = (customerEpoch: number, vaultEpoch: number): Buffer | undefined =>
    this.root(purposes.record, customerEpoch, vaultEpoch);

  /** Overwrites every key: the process is about to end. */
  wipe(): void {
    wipe(this.#name, this.hedge, this.stateKey, this.vaultKey, this.signingKey.seed);
    wipe(...this.#epochs.values());
    this.#dropRoots(() => true);
  }

  #dropRoots(isGone: (customerEpoch: number, vaultEpoch: number) => boolean): void {
    for (const [name, { key, customerEpoch, vaultEpoch }] of this.#roots) {
      if (!isGone(customerEpoch, vaultEpoch)) continue;
      wipe(key);
      this.#roots.delete(name);
    }
  }
}

/** What everything answers that would need an epoch which this process does not have. */
export function epochMissing(epoch: number): OperatorError {
  return new OperatorError("E_EPOCH", `customer epoch ${epoch} is not loaded here`);
}

function rootName(purpose: RootPurpose, customerEpoch: number, vaultEpoch: number): string {
  return `${purpose}/${customerEpoch}/${vaultEpoch}`;
}
