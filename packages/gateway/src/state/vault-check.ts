import { keyCheckContext, keyCheckValue, purposes, rootContext } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";

/**
 * Compares the vault's fragment with the one that this customer fragment was made with, then fetches the root
 * keys of every pair of epochs: from here on metadata costs no vault call.
 *
 * @throws {OperatorError} `E_KEY` for another fragment: a fatal error at start; `E_VAULT` while it is away.
 */
export async function checkVaultFragment(keyring: Keyring, api: VaultApi, deadline: Deadline): Promise<void> {
  const vaultEpochs = [...keyring.vaultKcv.keys()].sort((a, b) => a - b);
  const checks = await api.shares(
    vaultEpochs.map((f) => keyCheckContext(keyring.account, 0, f)),
    deadline,
  );
  for (const [at, f] of vaultEpochs.entries()) {
    const share = checks[at];
    const known = keyring.vaultKcv.get(f);
    if (share === undefined || keyCheckValue(share) !== known) {
      throw new OperatorError(
        "E_KEY",
        `the vault at ${keyring.vaultUrl} holds another fragment (epoch ${f}) than this customer fragment was made with (kcv ${known})`,
      );
    }
  }
  const pairs = keyring.customerEpochs.flatMap((e) => vaultEpochs.map((f) => [e, f] as const));
  const wanted = pairs.flatMap(([e, f]) => [
    [purposes.record, e, f] as const,
    [purposes.audit, e, f] as const,
  ]);
  const shares = await api.shares(
    wanted.map(([purpose, e, f]) => rootContext(keyring.account, purpose, e, f)),
    deadline,
  );
  for (const [at, [purpose, e, f]] of wanted.entries()) {
    const share = shares[at];
    if (share !== undefined) keyring.addRoot(purpose, e, f, share);
  }
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
