import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type FragmentPayload,
  fromBase64Url,
  randomBytes,
  toBase64Url,
  toHex,
  type UnsealKey,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { lockFolder, makePrivateFolder } from "@halfkey/runtime";
import { findBundle } from "../backup/find-bundle.ts";
import { newerHead } from "../backup/newer-head.ts";
import { openBundle } from "../backup/open-bundle.ts";
import { type RestorePlan, StagedRestore } from "../backup/staged-restore.ts";
import { Deadline } from "../deadline.ts";
import { fragmentFileIn, openFragmentFile, saveFragmentFile } from "../fragment/fragment-file.ts";
import { Keyring } from "../fragment/keyring.ts";
import { sealMethodOf, type UnsealOptions, unsealKeyFrom } from "../fragment/unseal.ts";
import { withVault } from "../fragment/vault-address.ts";
import type { Recovery } from "../recovery/recovery-input.ts";
import type { ShareRecord } from "../recovery/share-record.ts";
import { checkVaultFragment } from "../state/vault-check.ts";
import { VaultApi } from "../vault-client/vault-api.ts";
import { VaultClient } from "../vault-client/vault-client.ts";
import { markerIn, readVaultCa, vaultCaName } from "./init.ts";

export interface RestoreOptions extends UnsealOptions {
  data: string;
  /** A bundle's file; or a folder or `rclone:remote:path`, of which the newest is taken. */
  from: string;
  /** Asked only where the backup has to be read. */
  recovery(): Promise<Recovery>;
  vault?: string | undefined;
  /** File; absent: what the backup says. */
  vaultCa?: string | undefined;
  /** The vault's re-keying code; absent: the instance keeps its key, as the old disk is certainly gone. */
  readCode?: (() => Promise<string>) | undefined;
  /** The highest seq that is known from elsewhere. */
  knownSeq?: number | undefined;
  progress(text: string): void;
}

export interface RestoreResult extends RestorePlan {
  /** Absent where the vault could not be asked. */
  vaultSeq?: number;
  /** Whether an earlier run had read the backup. */
  resumed: boolean;
  seconds: number;
}

/** No caller waits: a busy vault is no reason to give up. */
const vaultMs = 20_000;

/**
 * Makes a gateway of an empty folder, from a backup and what opens it. The order is that of docs/cryptography.md,
 * "Backup bundle"; nothing becomes a gateway before everything has been checked. A run that ends anywhere is
 * repeated with the same command.
 */
export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const began = performance.now();
  const { data } = options;
  makePrivateFolder(data);
  const lock = lockFolder(data);
  try {
    const staged = new StagedRestore(data);
    staged.requireRoom();
    const resumed = staged.isVerified;
    // One for all steps: standard input can be read once.
    const key = unsealKeyFrom(options);
    if (resumed) options.progress("going on where the last run ended: the backup was read and verified");
    else await stage(staged, key, options);
    const plan = await staged.plan();
    const vaultSeq = await meetVault(staged, plan, key, options);
    await staged.commit();
    return {
      ...plan,
      resumed,
      ...(vaultSeq === undefined ? {} : { vaultSeq }),
      seconds: (performance.now() - began) / 1000,
    };
  } catch (cause) {
    // A system call's own code: the disk is full, or may not be written.
    const { code, errno } = cause as NodeJS.ErrnoException;
    if (errno === undefined) throw cause;
    throw new OperatorError("E_BACKUP", `the restore cannot go on (${code}): run the same command again`, {
      cause,
    });
  } finally {
    lock.release();
  }
}

/** Reads and verifies the backup, and seals the fragment anew: from here on neither shares nor backup are needed. */
async function stage(staged: StagedRestore, key: UnsealKey, options: RestoreOptions): Promise<void> {
  const method = sealMethodOf(options);
  const recovery = await options.recovery();
  const bundle = await findBundle(options.from, join(options.data, "outbox"));
  options.progress(`reading ${bundle.name}`);
  const journal = await staged.begin();
  try {
    const opened = await openBundle(bundle.read(), recovery, {
      entry: (entry) => journal.entry(entry),
      record: (id, sealed) => journal.record(id, sealed),
    });
    await journal.finish();
    const { state, header } = opened;
    const payload = newPayload(opened.payload, options);
    const plan: RestorePlan = {
      bundle: bundle.name,
      account: payload.account,
      instance: payload.instance.id,
      fragment: payload.fragment,
      genesis16: payload.genesis.slice(0, 32),
      seq: state.seq,
      head: toHex(state.hash),
      highestSeq: Math.max(bundle.highestSeq, options.knownSeq ?? -1),
      records: opened.records,
    };
    const { account, instance, fragment, genesis16 } = plan;
    const ca = options.vaultCa === undefined ? header.vaultCa : await readFile(options.vaultCa, "utf8");
    const shares = shareRecordOf(recovery, payload, options.data);
    const keyring = new Keyring(payload);
    await staged.keep(plan, state, keyring.stateKey, {
      [markerIn("")]: `${JSON.stringify({ account, instance, fragment, genesis16 }, null, 2)}\n`,
      ...(ca === undefined ? {} : { [vaultCaName]: ca }),
      ...(shares === undefined ? {} : { "shares.json": `${JSON.stringify(shares, null, 2)}\n` }),
    });
    keyring.wipe();
    await saveFragmentFile(fragmentFileIn(staged.folder), payload, method, key);
    options.progress(`verified: entry ${plan.seq}, ${plan.records} records`);
  } finally {
    await journal.close();
  }
}

function newPayload(payload: FragmentPayload, { vault, readCode }: RestoreOptions): FragmentPayload {
  const moved = vault === undefined ? payload : withVault(payload, vault);
  if (readCode === undefined) return moved;
  return { ...moved, instance: { ...moved.instance, key: toBase64Url(randomBytes(32)) } };
}

/** Shares that have just recovered everything need no other check. */
function shareRecordOf(
  recovery: Recovery,
  payload: FragmentPayload,
  folder: string,
): ShareRecord | undefined {
  const { set, recipient } = recovery;
  if (set === undefined || recipient !== payload.recovery) return undefined;
  const now = new Date().toISOString();
  return {
    set: set.set,
    count: set.used,
    threshold: set.threshold,
    recipient,
    made: now,
    folder,
    checked: now,
  };
}

/** New key, both fragments, newer head. @returns the vault's seq, or nothing where it is away and not needed yet. */
async function meetVault(
  staged: StagedRestore,
  plan: RestorePlan,
  key: UnsealKey,
  options: RestoreOptions,
): Promise<number | undefined> {
  const { payload } = await openFragmentFile(fragmentFileIn(staged.folder), key);
  const keyring = new Keyring(payload);
  const client = new VaultClient({
    url: payload.instance.vault,
    ca: await readVaultCa(staged.folder),
    instance: keyring.instance,
    key: fromBase64Url(payload.instance.key, 32),
  });
  try {
    const api = new VaultApi(client, () => {});
    await enrol(client, api, payload, options);
    await checkVaultFragment(keyring, api, Deadline.in(vaultMs));
    return await newerHead(api, plan, Math.max(plan.highestSeq, options.knownSeq ?? -1));
  } catch (error) {
    if (options.readCode !== undefined || !(error instanceof OperatorError) || error.code !== "E_VAULT")
      throw error;
    options.progress(`the vault could not be asked for a newer head: ${error.message}`);
    return undefined;
  } finally {
    keyring.wipe();
    await client.close();
  }
}

async function enrol(
  client: VaultClient,
  api: VaultApi,
  payload: FragmentPayload,
  { readCode }: RestoreOptions,
): Promise<void> {
  if (readCode === undefined) return;
  try {
    await api.head(Deadline.in(vaultMs));
    return;
  } catch (error) {
    // A run before this one may have used the code: then the vault knows the new key, and none is needed.
    if (!(error instanceof OperatorError) || !/does not know/.test(error.message)) throw error;
  }
  const { account, instance } = payload;
  const code = await readCode();
  await client.enrol({ code, account, instance: instance.id, key: instance.key }, Deadline.in(vaultMs));
}
