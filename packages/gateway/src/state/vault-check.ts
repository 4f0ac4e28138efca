import {
  equalConstantTime,
  type JournalState,
  keyCheckContext,
  keyCheckValue,
  purposes,
  rootContext,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";

/**
 * Compares the vault's fragments with those that this keyring was made with, then fetches the root keys of every pair
 * of epochs that it lacks: from here on metadata costs no vault call. Of an epoch that the vault does not give, such
 * as one that was retired since the fragment file was written, the root keys stay away: what is sealed under it does
 * not open.
 *
 * @throws {OperatorError} `E_KEY` for another fragment: a fatal error at start; `E_VAULT` while it is away.
 */
export async function checkVaultFragment(keyring: Keyring, api: VaultApi, deadline: Deadline): Promise<void> {
  const vaultEpochs = [...keyring.vaultKcv.keys()].sort((a, b) => a - b);
  const checks = await api.sharesOrRefusals(
    vaultEpochs.map((f) => keyCheckContext(keyring.account, 0, f)),
    deadline,
  );
  const given = vaultEpochs.filter((_, at) => !(checks[at] instanceof Error));
  for (const [at, f] of vaultEpochs.entries()) {
    const share = checks[at];
    if (share === undefined || share instanceof Error) continue;
    const known = keyring.vaultKcv.get(f);
    if (keyCheckValue(share) !== known) {
      throw new OperatorError(
        "E_KEY",
        `the vault at ${keyring.vaultUrl} holds another fragment (epoch ${f}) than this customer fragment was made with (kcv ${known})`,
      );
    }
  }
  await loadRoots(keyring, api, deadline, given);
}

/** Fetches the root keys that are missing, of every loaded customer epoch with each of these vault epochs. */
export async function loadRoots(
  keyring: Keyring,
  api: VaultApi,
  deadline: Deadline,
  vaultEpochs: readonly number[],
): Promise<void> {
  const wanted = keyring.customerEpochs
    .flatMap((e) => vaultEpochs.map((f) => [e, f] as const))
    .flatMap(([e, f]) => [[purposes.record, e, f] as const, [purposes.audit, e, f] as const])
    .filter(([purpose, e, f]) => keyring.root(purpose, e, f) === undefined);
  if (wanted.length === 0) return;
  const contexts = wanted.map(([purpose, e, f]) => rootContext(keyring.account, purpose, e, f));
  const shares = await api.shares(contexts, deadline);
  // Everything will be sealed under what comes of these: a share that was wrong once would make all of it unreadable.
  const again = await api.shares(contexts, deadline);
  for (const [at, [purpose, e, f]] of wanted.entries()) {
    const [share, second] = [shares[at], again[at]];
    if (share === undefined || second === undefined || !equalConstantTime(share, second))
      throw new OperatorError("E_VAULT", "the vault gives two different shares for one root key");
    keyring.addRoot(purpose, e, f, share);
  }
}

/**
 * Takes the journal's word for which vault epochs there are: it is signed and complete, the fragment file may be old.
 *
 * @returns whether there are new ones, whose root keys are to be fetched.
 */
export function adoptVaultEpochs(keyring: Keyring, state: JournalState): boolean {
  if (state.seq < 0) return false;
  const named = new Map(state.vaultEpochs().map(({ epoch, kcv }) => [epoch, kcv]));
  const highest = Math.max(...named.keys());
  // One above the highest may be about to be announced.
  for (const epoch of [...keyring.vaultKcv.keys()])
    if (epoch < highest && !named.has(epoch)) keyring.dropVaultEpoch(epoch);
  let isNews = false;
  for (const [epoch, kcv] of named) {
    if (keyring.vaultKcv.get(epoch) === kcv) continue;
    keyring.addVaultEpoch(epoch, kcv);
    isNews = true;
  }
  return isNews;
}

/** The settings name the key check values of both halves: a mixture of files from two accounts ends here. */
export function checkSettings(
  keyring: Keyring,
  settings: {
    epoch: number;
    vaultEpoch: number;
    kcv: { c: Record<string, string>; v: Record<string, string> };
  },
): void {
  const { epoch, vaultEpoch, kcv } = settings;
  if (!keyring.hasEpoch(epoch))
    throw new OperatorError("E_EPOCH", `this gateway lacks customer epoch ${epoch}`);
  if (kcv.c[String(epoch)] !== keyring.customerKcv(epoch)) {
    throw new OperatorError(
      "E_KEY",
      `this customer fragment is not the account's: its key check value for epoch ${epoch} differs from the settings`,
    );
  }
  if (kcv.v[String(vaultEpoch)] !== keyring.vaultKcv.get(vaultEpoch)) {
    throw new OperatorError(
      "E_KEY",
      `the vault's fragment for epoch ${vaultEpoch} is not the one the settings name`,
    );
  }
}
