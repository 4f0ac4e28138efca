import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type FragmentPayload,
  fromBase64Url,
  fromHex,
  generateAccountId,
  generateFragmentId,
  generateInstanceId,
  generateSigningKey,
  keyCheckContext,
  keyCheckValue,
  randomBytes,
  sha256,
  toBase64Url,
  toHex,
  type UnsealKey,
  zero32,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { type Log, lockFolder, makePrivateFolder, writeFileDurably } from "@halfkey/runtime";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import { fragmentFileIn, openFragmentFile, saveFragmentFile } from "../fragment/fragment-file.ts";
import { FragmentStore } from "../fragment/fragment-store.ts";
import { sealMethodOf, type UnsealOptions, unsealKeyFrom } from "../fragment/unseal.ts";
import { vaultOrigin, withVault } from "../fragment/vault-address.ts";
import { Gateway } from "../gateway.ts";
import { checkShareOptions, type ShareOptions } from "../recovery/make-shares.ts";
import { setUpRecovery } from "../recovery/set-up-recovery.ts";
import { JournalFile } from "../state/journal-file.ts";
import { journalFileIn } from "../state/local-state.ts";
import { VaultApi } from "../vault-client/vault-api.ts";
import { VaultClient } from "../vault-client/vault-client.ts";
import { type AdminCredentials, createAdmin } from "./create-admin.ts";
import { buildFirstEntry } from "./first-entry.ts";

export interface InitOptions extends UnsealOptions {
  data: string;
  vault: string;
  vaultCa?: string | undefined;
  /** Gives the enrolment code; asked only when it is needed. */
  readCode(): Promise<string>;
  grantAll: boolean;
  /** Where to keep the first credentials (mode 0600); absent: they are only returned. */
  credentials?: string | undefined;
  /** The paper shares to make; absent: none, and the gateway warns until there are some. */
  shares?: ShareOptions | undefined;
  log: Log;
}

export interface InitResult {
  account: string;
  instance: string;
  fragment: string;
  /** First 16 bytes of the account's root of trust: write it down, a restore asks for it. */
  genesis16: string;
  /** Present when this run made them. */
  admin?: AdminCredentials;
  /** Sheets of paper shares that this run wrote. */
  sheets?: string[];
}

export const vaultCaName = "vault-ca.pem";
/** Written last: an account that has it is complete. */
export function markerIn(folder: string): string {
  return join(folder, "account.json");
}

export async function readVaultCa(folder: string): Promise<string | undefined> {
  const file = join(folder, vaultCaName);
  return existsSync(file) ? readFile(file, "utf8") : undefined;
}

/**
 * Makes a new account: customer fragment, enrolment, journal entry 0, and the first credentials. Each step may be
 * repeated after a crash, and a complete account is left as it is.
 */
export async function init(options: InitOptions): Promise<InitResult> {
  makePrivateFolder(options.data);
  const lock = lockFolder(options.data);
  try {
    const marker = markerIn(options.data);
    if (existsSync(marker)) return JSON.parse(await readFile(marker, "utf8")) as InitResult;
    if (options.vaultCa !== undefined) {
      await writeFileDurably(join(options.data, vaultCaName), await readFile(options.vaultCa));
    }
    if (options.shares !== undefined) checkShareOptions(options.shares);
    const key = unsealKeyFrom(options);
    const payload = await establishAccount(options, key);
    const sheets = await firstShares(options, payload, key);
    const admin = await firstCredentials(options, key);
    const result: InitResult = {
      account: payload.account,
      instance: payload.instance.id,
      fragment: payload.fragment,
      genesis16: payload.genesis.slice(0, 32),
    };
    await writeFileDurably(marker, `${JSON.stringify(result, null, 2)}\n`);
    return { ...result, admin, ...(sheets === undefined ? {} : { sheets }) };
  } finally {
    lock.release();
  }
}

/** Fragment file, enrolment and entry 0, in the order in which a crash loses nothing. */
async function establishAccount(options: InitOptions, key: UnsealKey): Promise<FragmentPayload> {
  const file = fragmentFileIn(options.data);
  const known = existsSync(file) ? await openFragmentFile(file, key) : undefined;
  const method = known?.method ?? sealMethodOf(options);
  // A vault that has moved since an interrupted run is looked for where it is now.
  let payload = known === undefined ? newPayload(options.vault) : withVault(known.payload, options.vault);
  // Before the vault hears of it: an enrolled instance whose keys are lost could never be used.
  if (known === undefined) await saveFragmentFile(file, payload, method, key);
  const client = new VaultClient({
    url: payload.instance.vault,
    ca: await readVaultCa(options.data),
    instance: payload.instance.id,
    key: fromBase64Url(payload.instance.key, 32),
  });
  const { journal, contents } = await JournalFile.open(journalFileIn(options.data));
  try {
    if (contents.entries.length > 0) return payload;
    const api = new VaultApi(client, () => {});
    await enrol(client, api, payload, options);
    const pending = contents.open.find(({ seq }) => seq === 0);
    let entry = pending;
    let settings = [...contents.records].map(([id, bytes]): [Buffer, Buffer] => [
      fromBase64Url(id, 32),
      bytes,
    ]);
    if (entry === undefined) {
      const first = await buildFirstEntry(payload, api);
      entry = first.entry;
      settings = [first.settings];
      await journal.appendOpen(entry, settings);
    }
    if (payload.genesis === toHex(zero32)) {
      const [check] = await api.shares(
        [keyCheckContext(fromHex(payload.account, 16), 0, 1)],
        Deadline.in(requestBudgetMs),
      );
      if (check === undefined) throw new OperatorError("E_VAULT", "the vault gave no share");
      payload = {
        ...payload,
        vaultEpochs: [{ f: 1, kcv: keyCheckValue(check) }],
        genesis: toHex(entry.hash),
      };
      await saveFragmentFile(file, payload, method, key);
    }
    const records = settings.map(([id, bytes]): [string, string] => [toBase64Url(id), toBase64Url(bytes)]);
    const outcome = await api.append(
      { entry: toBase64Url(entry.bytes), records, blobs: [], own: [], drop: [] },
      Deadline.in(requestBudgetMs),
    );
    if (outcome === "conflict") await checkFirstEntryStands(api, payload);
    await journal.accept(entry);
    return payload;
  } finally {
    await journal.close();
    await client.close();
  }
}

/** After the account's first entry, which every sheet names. */
async function firstShares(
  { data, shares }: InitOptions,
  payload: FragmentPayload,
  key: UnsealKey,
): Promise<string[] | undefined> {
  if (shares === undefined || payload.recovery !== undefined) return undefined;
  return (await setUpRecovery(data, key, shares)).files;
}

function newPayload(vault: string): FragmentPayload {
  return {
    v: 1,
    fragment: generateFragmentId(),
    account: generateAccountId(),
    control: toBase64Url(randomBytes(32)),
    epochs: [
      {
        e: 1,
        created: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
        parts: { "0": toBase64Url(randomBytes(32)) },
      },
    ],
    vaultEpochs: [],
    genesis: toHex(zero32),
    instance: {
      id: generateInstanceId(),
      sign: toBase64Url(generateSigningKey().seed),
      vault: vaultOrigin(vault),
      key: toBase64Url(randomBytes(32)),
    },
  };
}

async function enrol(
  client: VaultClient,
  api: VaultApi,
  payload: FragmentPayload,
  options: InitOptions,
): Promise<void> {
  try {
    await api.head(Deadline.in(requestBudgetMs));
    return;
  } catch (error) {
    // Unreachable is no reason to spend the code; an unknown instance is what a code is for.
    if (!(error instanceof OperatorError) || !/does not know/.test(error.message)) throw error;
  }
  const code = await options.readCode();
  const { account, instance } = payload;
  await client.enrol(
    { code, account, instance: instance.id, key: instance.key },
    Deadline.in(requestBudgetMs),
  );
}

async function checkFirstEntryStands(api: VaultApi, payload: FragmentPayload): Promise<void> {
  const { entries } = await api.journal(0, Deadline.in(requestBudgetMs));
  const [first] = entries;
  if (first === undefined || toHex(sha256(first)) !== payload.genesis) {
    throw new OperatorError("E_FORK", "the vault already holds another beginning of this account");
  }
}

async function firstCredentials(options: InitOptions, key: UnsealKey): Promise<AdminCredentials> {
  const gateway = await Gateway.open({
    folder: options.data,
    fragment: await FragmentStore.open(fragmentFileIn(options.data), key),
    vault: options.vault,
    ca: await readVaultCa(options.data),
    log: options.log,
    onClone: () => {},
  });
  try {
    await gateway.start();
    return await createAdmin(gateway.services, options);
  } finally {
    await gateway.stop();
  }
}
