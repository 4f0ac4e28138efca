import {
  buildEntry,
  epochId,
  type FragmentPayload,
  fromBase64Url,
  fromHex,
  type JournalEntry,
  JournalState,
  keyCheckContext,
  keyCheckValue,
  operations,
  purposes,
  randomBytes,
  recordKinds,
  rootContext,
  sealRecord,
  sha256,
  signingKeyFromSeed,
  toBase64Url,
  vaultEpochValue,
  writerId,
} from "@halfkey/crypto";
import { OperatorError, type SettingsRecord } from "@halfkey/model";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import { Keyring } from "../fragment/keyring.ts";
import { applyEntry } from "../state/sync.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";

/** Defaults of a new account. */
const accountDefaults = { maxVersions: 100, maxFrozenReads: 24 * 60 * 60, trashDays: 7 };
const firstEpoch = 1;

export interface FirstEntry {
  entry: JournalEntry;
  settings: [Buffer, Buffer];
  vaultKcv: string;
}

/**
 * Builds journal entry 0: it admits its own writer, announces the vault's first epoch and puts the settings. The
 * vault has to be asked first: the settings are sealed under both fragments from the very beginning.
 */
export async function buildFirstEntry(payload: FragmentPayload, api: VaultApi): Promise<FirstEntry> {
  const account = fromHex(payload.account, 16);
  const [check] = await api.shares([keyCheckContext(account, 0, firstEpoch)], Deadline.in(requestBudgetMs));
  if (check === undefined) throw new OperatorError("E_VAULT", "the vault made no fragment");
  const vaultKcv = keyCheckValue(check);
  const keyring = new Keyring({ ...payload, vaultEpochs: [{ f: firstEpoch, kcv: vaultKcv }] });
  const [share] = await api.shares(
    [rootContext(account, purposes.record, firstEpoch, firstEpoch)],
    Deadline.in(requestBudgetMs),
  );
  if (share === undefined) throw new OperatorError("E_VAULT", "the vault gave no share");
  keyring.addRoot(purposes.record, firstEpoch, firstEpoch, share);
  const root = keyring.root(purposes.record, firstEpoch, firstEpoch);
  if (root === undefined) throw new RangeError("a root that was just added");
  const settings: SettingsRecord = {
    t: "settings",
    n: -1,
    minFormat: 1,
    epoch: firstEpoch,
    vaultEpoch: firstEpoch,
    kcv: { c: { [firstEpoch]: keyring.customerKcv(firstEpoch) }, v: { [firstEpoch]: vaultKcv } },
    tokenGen: 0,
    tokenKeys: { "0": toBase64Url(randomBytes(32)) },
    deny: [],
    auditRoots: [],
    ...accountDefaults,
  };
  const id = keyring.recordId(recordKinds.settings, "");
  const sealed = sealRecord({
    account,
    id,
    customerEpoch: firstEpoch,
    vaultEpoch: firstEpoch,
    root,
    hedge: keyring.hedge,
    content: settings,
  });
  const signingKey = signingKeyFromSeed(fromBase64Url(payload.instance.sign, 32));
  const state = JournalState.empty(account);
  const entry = buildEntry({
    state,
    operations: [
      { op: operations.admitWriter, id: writerId(payload.instance.id), value: signingKey.publicKey },
      { op: operations.announceVaultEpoch, id: epochId(firstEpoch), value: vaultEpochValue(vaultKcv) },
      { op: operations.putRecord, id, value: sha256(sealed) },
    ],
    time: Date.now(),
    writer: payload.instance.id,
    signingKey,
  });
  applyEntry(state, entry);
  return { entry, settings: [id, sealed], vaultKcv };
}
