import { existsSync } from "node:fs";
import type { FragmentPayload } from "@halfkey/crypto";
import { JournalState } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { Deadline } from "../deadline.ts";
import { Keyring } from "../fragment/keyring.ts";
import { JournalFile } from "../state/journal-file.ts";
import { journalFileIn } from "../state/local-state.ts";
import { Replica } from "../state/replica.ts";
import { applyEntry } from "../state/sync.ts";
import { adoptVaultEpochs, checkSettings, checkVaultFragment } from "../state/vault-check.ts";
import { VaultApi } from "../vault-client/vault-api.ts";
import { VaultClient } from "../vault-client/vault-client.ts";
import { blobsOf } from "./blobs-of.ts";
import type { BackupSource } from "./bundle-lines.ts";
import { completeRecords } from "./complete-records.ts";

/** No caller waits: a busy vault is no reason to give up. */
const commandMs = 20_000;

/** An account that one command looks at: everything opened, nothing of it changed, beside a gateway that may serve. */
export interface OpenedAccount {
  keyring: Keyring;
  replica: Replica;
  api: VaultApi;
  close(): Promise<void>;
}

/** The vault as an account knows it. */
export function vaultOf(payload: FragmentPayload, keyring: Keyring, ca: string | undefined) {
  const client = new VaultClient({
    url: payload.instance.vault,
    ca,
    instance: keyring.instance,
    key: keyring.vaultKey,
  });
  return { api: new VaultApi(client, () => {}), close: () => client.close() };
}

/**
 * Opens an account from a verified state and its sealed records (by base64url id), with the vault's help for the root keys.
 *
 * @throws {OperatorError} `E_KEY` where the halves do not belong together, `E_STATE`, `E_VAULT`.
 */
export async function openAccount(
  payload: FragmentPayload,
  ca: string | undefined,
  state: JournalState,
  records: ReadonlyMap<string, Buffer>,
): Promise<OpenedAccount> {
  const keyring = new Keyring(payload);
  const { api, close } = vaultOf(payload, keyring, ca);
  const account = {
    keyring,
    api,
    replica: new Replica(keyring, state),
    close: async () => {
      await close();
      keyring.wipe();
    },
  };
  try {
    adoptVaultEpochs(keyring, state);
    await checkVaultFragment(keyring, api, Deadline.in(commandMs));
    account.replica.poisonMissing();
    for (const [key, { id }] of account.replica.poisoned) {
      const sealed = records.get(key);
      if (sealed !== undefined && account.replica.isCurrent(id, sealed)) account.replica.accept(id, sealed);
    }
    await completeRecords(account.replica, api);
    checkSettings(keyring, account.replica.settings);
    return account;
  } catch (error) {
    await account.close();
    throw error;
  }
}

/** What a backup is made of, read from the folder of a gateway that serves or does not. */
export async function backupSourceOf(
  folder: string,
  payload: FragmentPayload,
  ca: string | undefined,
): Promise<{ source: BackupSource; close(): Promise<void> }> {
  const file = journalFileIn(folder);
  if (!existsSync(file))
    throw new OperatorError("E_CHECK", `no journal in ${folder}: run \`halfkey-gateway init\` first`);
  const { contents, length } = await JournalFile.read(file);
  let state = JournalState.empty(Buffer.from(payload.account, "hex"), Buffer.from(payload.genesis, "hex"));
  for (const entry of contents.entries) state = applyEntry(state, entry);
  const account = await openAccount(payload, ca, state, contents.records);
  const { api, replica } = account;
  const source = {
    payload,
    vaultCa: ca,
    state,
    journal: { file, length },
    blobs: Array.from(blobsOf(replica.index)),
    api,
  };
  return { source, close: account.close };
}
