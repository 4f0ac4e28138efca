import { stat } from "node:fs/promises";
import {
  epochId,
  equalConstantTime,
  keyCheckContext,
  keyCheckValue,
  operations,
  purposes,
  randomBytes,
  recordKinds,
  toBase64Url,
  vaultEpochValue,
} from "@halfkey/crypto";
import { CallerError, OperatorError, type SettingsRecord } from "@halfkey/model";
import { Deadline } from "../deadline.ts";
import type { FragmentStore } from "../fragment/fragment-store.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { WritePlan } from "../state/pending-write.ts";
import type { Replica } from "../state/replica.ts";
import { loadRoots } from "../state/vault-check.ts";
import type { Writes } from "../state/writes.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";
import type { EvidenceOf } from "./backup-evidence.ts";

export interface BeginParts {
  keyring: Keyring;
  replica: Replica;
  fragment: FragmentStore;
  api: VaultApi;
  writes: Writes;
  evidence: EvidenceOf;
}

export interface Wanted {
  customer: boolean;
  vault: boolean;
  /** The operator has no verified bundle, and knows it. */
  withoutBackup: boolean;
}

const budgetMs = 10_000;

/**
 * Makes new epochs and says so in one journal entry, which is itself sealed under the pair that it leaves. Each step
 * can be repeated after a crash: a new customer epoch is in the fragment file first, and taken up from there.
 *
 * @throws {CallerError} `E_CONFLICT` where a condition fails; {OperatorError} otherwise.
 */
export async function beginEpochs(
  parts: BeginParts,
  wanted: Wanted,
): Promise<{ epoch: number; vaultEpoch: number }> {
  const { keyring, replica, api, fragment, writes } = parts;
  const { epoch, vaultEpoch } = replica.settings;
  const next = {
    epoch: wanted.customer ? await nextCustomerEpoch(parts, wanted.withoutBackup) : epoch,
    vaultEpoch: wanted.vault ? await nextVaultEpoch(parts) : vaultEpoch,
  };
  await loadRoots(keyring, api, Deadline.in(budgetMs), [next.vaultEpoch]);
  await writes.run(() => announce(keyring, { epoch, vaultEpoch }, next), Deadline.in(budgetMs));
  if (wanted.vault) {
    const kcv = keyring.vaultKcv.get(next.vaultEpoch) ?? "";
    await fragment.change((payload) => ({
      ...payload,
      vaultEpochs: [
        ...payload.vaultEpochs.filter(({ f }) => f < next.vaultEpoch),
        { f: next.vaultEpoch, kcv },
      ],
    }));
  }
  return next;
}

/** The epoch above the settings' one: that which an earlier attempt has left in the fragment file, or a new one. */
async function nextCustomerEpoch(parts: BeginParts, withoutBackup: boolean): Promise<number> {
  const { keyring, replica, fragment, evidence } = parts;
  const others = replica.state.writers().filter(([instance]) => instance !== keyring.instance);
  if (others.length > 0) {
    throw new CallerError(
      "E_CONFLICT",
      `instances ${others.map(([instance]) => instance).join(", ")} would lack the new customer epoch, and it cannot be given to them yet: revoke them first (halfkey instance revoke)`,
    );
  }
  const { epoch } = replica.settings;
  let made = fragment.payload.epochs.find(({ e }) => e > epoch);
  if (made === undefined) {
    const key = randomBytes(32);
    made = {
      e: Math.max(epoch, ...keyring.customerEpochs) + 1,
      created: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
      parts: { "0": toBase64Url(key) },
    };
    key.fill(0);
    const added = made;
    await fragment.change((payload) => ({ ...payload, epochs: [...payload.epochs, added] }));
  }
  keyring.addEpoch(made.e, made.parts["0"]);
  // The file has held it since it was written last: a backup begun after that holds it too.
  const { mtimeMs } = await stat(fragment.file);
  if (!withoutBackup && (await evidence(Deadline.in(budgetMs))).bundle < mtimeMs) {
    throw new CallerError(
      "E_CONFLICT",
      `customer epoch ${made.e} is in this gateway's fragment file only, and no verified bundle has it: what is sealed under it would be lost with this disk. Make one (halfkey-gateway backup now) and repeat; or copy ${fragment.file} to a safe place and repeat with --without-backup-check ${keyring.fragment}`,
    );
  }
  return made.e;
}

/** Has the vault make its next fragment, if it has not yet. It counts for nothing before the entry that names it. */
async function nextVaultEpoch({ keyring, replica, api }: BeginParts): Promise<number> {
  const next = Math.max(...replica.state.vaultEpochs().map(({ epoch }) => epoch)) + 1;
  const context = keyCheckContext(keyring.account, 0, next);
  const [share] = await api.shares([context], Deadline.in(budgetMs));
  const [second] = await api.shares([context], Deadline.in(budgetMs));
  if (share === undefined || second === undefined || !equalConstantTime(share, second))
    throw new OperatorError("E_VAULT", "the vault gives two different check values for its new fragment");
  const kcv = keyCheckValue(share);
  // An attempt before may have met another fragment, in a vault that was set back since.
  if (keyring.vaultKcv.get(next) !== kcv) keyring.dropVaultEpoch(next);
  keyring.addVaultEpoch(next, kcv);
  return next;
}

function announce(
  keyring: Keyring,
  left: { epoch: number; vaultEpoch: number },
  next: { epoch: number; vaultEpoch: number },
): WritePlan<void> {
  return {
    claims: [toBase64Url(keyring.recordId(recordKinds.settings, ""))],
    async prepare() {},
    build(view) {
      const settings = view.get<SettingsRecord>(recordKinds.settings, "");
      if (settings?.epoch !== left.epoch || settings.vaultEpoch !== left.vaultEpoch)
        throw new CallerError(
          "E_CONFLICT",
          "another instance has begun an epoch at the same time: look again",
        );
      const auditRoot = keyring.root(purposes.audit, left.epoch, left.vaultEpoch);
      if (auditRoot === undefined)
        throw new OperatorError("E_EPOCH", "the audit log's root key of the current epochs is not loaded");
      const kcv = { c: { ...settings.kcv.c }, v: { ...settings.kcv.v } };
      kcv.c[String(next.epoch)] = keyring.customerKcv(next.epoch);
      kcv.v[String(next.vaultEpoch)] = keyring.vaultKcv.get(next.vaultEpoch) ?? "";
      if (next.vaultEpoch !== left.vaultEpoch) {
        view.draft.operations.push({
          op: operations.announceVaultEpoch,
          id: epochId(next.vaultEpoch),
          value: vaultEpochValue(kcv.v[String(next.vaultEpoch)] ?? ""),
        });
      }
      view.put({
        ...settings,
        ...next,
        kcv,
        auditRoots: [
          ...settings.auditRoots,
          { e: left.epoch, f: left.vaultEpoch, root: toBase64Url(auditRoot) },
        ],
        rotation: { begun: Date.now() },
      });
      return { result: undefined };
    },
  };
}
