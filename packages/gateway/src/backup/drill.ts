import { bucketSize, recordKinds, toBase64Url, wipe } from "@halfkey/crypto";
import { type ItemRecord, OperatorError } from "@halfkey/model";
import { Deadline } from "../deadline.ts";
import { withVault } from "../fragment/vault-address.ts";
import { openValue, unwrapDataKey, wrapContext } from "../items/value-versions.ts";
import type { Recovery } from "../recovery/recovery-input.ts";
import type { FoundBundle } from "./find-bundle.ts";
import { openBundle } from "./open-bundle.ts";
import { type OpenedAccount, openAccount } from "./opened-account.ts";

export interface DrillResult {
  bundle: string;
  seq: number;
  items: number;
  records: number;
  blobs: number;
  /** Whether one item was read through the vault; absent in an account without items. */
  read?: true;
  seconds: number;
}

const pageMs = 20_000;

/**
 * Restores into memory and reads one item, so that an operator knows that his shares, a backup and the vault belong
 * together, and how long it takes. Nothing is written; a gateway may serve meanwhile.
 *
 * @throws {OperatorError} what a restore would have met.
 */
export async function drill(
  bundle: FoundBundle,
  recovery: Recovery,
  options: { vault?: string | undefined; vaultCa?: string | undefined },
): Promise<DrillResult> {
  const began = performance.now();
  const records = new Map<string, Buffer>();
  const opened = await openBundle(bundle.read(), recovery, {
    record: (id, sealed) => void records.set(toBase64Url(id), sealed),
  });
  const { vault } = options;
  const payload = vault === undefined ? opened.payload : withVault(opened.payload, vault);
  const account = await openAccount(payload, options.vaultCa ?? opened.header.vaultCa, opened.state, records);
  try {
    const read = await readOne(account);
    return {
      bundle: bundle.name,
      seq: opened.state.seq,
      items: account.replica.index.itemCount,
      records: opened.records,
      blobs: opened.blobs,
      ...(read ? { read } : {}),
      seconds: (performance.now() - began) / 1000,
    };
  } finally {
    await account.close();
  }
}

/** Reads one item as the gateway would, with both halves. Items deleted since the backup are passed over. */
async function readOne({ keyring, replica, api }: OpenedAccount): Promise<boolean> {
  let tried = 0;
  for (const item of newestFirst(replica.index.items())) {
    const version = item.versions.at(-1);
    if (version === undefined || version.broken) continue;
    const wrapped = wrapContext(keyring, keyring.recordId(recordKinds.item, item.path), version);
    const opens = [{ x: toBase64Url(wrapped.x), blob: version.blob, blobBytes: bucketSize(version.len) }];
    const [answer] = (await api.open(opens, Deadline.in(pageMs))).opens;
    if (answer?.share && answer.blob) {
      const dataKey = unwrapDataKey(keyring, wrapped, Buffer.from(answer.share, "base64url"));
      wipe(openValue(dataKey, Buffer.from(answer.blob, "base64url"), version), dataKey);
      return true;
    }
    tried += 1;
    if (tried === 16)
      throw new OperatorError("E_BLOB", "the vault has none of the values that the backup names");
  }
  return false;
}

function newestFirst(items: Iterable<ItemRecord>): ItemRecord[] {
  return [...items].sort((a, b) => b.modified - a.modified).slice(0, 64);
}
