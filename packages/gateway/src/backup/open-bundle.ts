import {
  CryptoError,
  decodeEntry,
  equalConstantTime,
  type FragmentPayload,
  type JournalEntry,
  JournalState,
  sha256,
  toBase64Url,
  toHex,
} from "@halfkey/crypto";
import {
  type BundleEnd,
  type BundleHeader,
  decryptAge,
  readBundle,
  verifyBundleEnd,
} from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import { isReserved } from "../state/replica.ts";
import { applyEntry } from "../state/sync.ts";
import { customerKcv } from "./bundle-lines.ts";

/** Who the bundle must be of, as the share sheets say, and what opens it. */
export interface BundleTrust {
  identity: string;
  account: string;
  genesis16: string;
}

/** Takes a bundle's parts as they come. Nothing of them counts before {@link openBundle} has resolved. */
export interface BundleSink {
  entry?(entry: JournalEntry): void | Promise<void>;
  record?(id: Buffer, sealed: Buffer): void | Promise<void>;
  /** @param id Base64url. */
  blob?(id: string, blob: Buffer): void | Promise<void>;
}

export interface OpenedBundle {
  header: BundleHeader;
  payload: FragmentPayload;
  /** At the bundle's head, each entry verified from the first on. */
  state: JournalState;
  records: number;
  blobs: number;
}

/**
 * Opens a bundle and believes nothing in it: anybody can encrypt to a public recipient. It must end with its end line,
 * be of the account and beginning that the sheets name, its entries must be the chain from there, its records those
 * of the chain's head, and its signer one of the head's writers.
 *
 * @throws {OperatorError} `E_SHARE`: another identity; `E_CHECK`: altered, cut off, of a stranger or another account.
 */
export async function openBundle(
  ciphertext: AsyncIterable<Uint8Array>,
  trust: BundleTrust,
  sink: BundleSink = {},
): Promise<OpenedBundle> {
  try {
    return await read(await decryptAge(ciphertext, trust.identity), trust, sink);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    if (cause.code === "E_KEY")
      throw new OperatorError("E_SHARE", "the backup is not encrypted to these paper shares' identity", {
        cause,
      });
    throw new OperatorError("E_CHECK", `the backup is refused: ${cause.message}`, { cause });
  }
}

async function read(
  plaintext: AsyncIterable<Uint8Array>,
  trust: BundleTrust,
  sink: BundleSink,
): Promise<OpenedBundle> {
  let header: BundleHeader | undefined;
  let payload: FragmentPayload | undefined;
  let state: JournalState | undefined;
  let end: BundleEnd | undefined;
  let blobs = 0;
  const records = new Set<string>();
  for await (const line of readBundle(plaintext)) {
    if ("header" in line) {
      header = line.header;
      if (header.account !== trust.account) throw refused("it is of another account than the sheets");
      if (!header.with.includes("state"))
        throw refused("it holds the fragment alone, and a restore needs one with the account's state");
    } else if ("fragment" in line) {
      payload = line.fragment;
      checkPayload(payload, header, trust);
      state = JournalState.empty(Buffer.from(payload.account, "hex"), Buffer.from(payload.genesis, "hex"));
    } else if ("checkpoint" in line) {
      throw refused("it is an export for a further gateway and not a backup");
    } else if ("end" in line) {
      end = line.end;
    } else if (state === undefined) {
      throw refused("it holds no fragment");
    } else if ("entry" in line) {
      const entry = decodeEntry(line.entry);
      state = applied(state, entry);
      await sink.entry?.(entry);
    } else if ("record" in line) {
      const [id, sealed] = line.record;
      const value = state.trie.get(id);
      if (value === undefined || !equalConstantTime(value, sha256(sealed)))
        throw refused("it holds a record that its journal does not name");
      records.add(toBase64Url(id));
      await sink.record?.(id, sealed);
    } else {
      const [id, blob] = line.blob;
      blobs += 1;
      await sink.blob?.(toBase64Url(id), blob);
    }
  }
  if (header === undefined || payload === undefined || state === undefined || end === undefined)
    throw refused("it is not complete");
  if (state.seq !== header.seq || toHex(state.hash) !== header.head)
    throw refused("its journal does not end at the head it names");
  checkRecords(state, records);
  checkSigner(state, end);
  return { header, payload, state, records: records.size, blobs };
}

function checkPayload(payload: FragmentPayload, header: BundleHeader | undefined, trust: BundleTrust): void {
  if (payload.account !== header?.account || payload.fragment !== header.fragment)
    throw refused("its fragment is of another account than its first line");
  if (payload.genesis.slice(0, 32) !== trust.genesis16)
    throw refused("its account began otherwise than the sheets say: it was made by a stranger");
  for (const { e, parts } of payload.epochs)
    if (header.kcv.c[e] !== customerKcv(payload.account, e, parts["0"]))
      throw refused(`its key of epoch ${e} is not the one it names`);
}

function applied(state: JournalState, entry: JournalEntry): JournalState {
  try {
    return applyEntry(state, entry);
  } catch (cause) {
    if (!(cause instanceof OperatorError)) throw cause;
    throw new OperatorError("E_CHECK", `the backup is refused: ${cause.message}`, { cause });
  }
}

function checkRecords(state: JournalState, records: ReadonlySet<string>): void {
  let live = 0;
  for (const [id, { value }] of state.rows()) if (value !== null && !isReserved(id)) live += 1;
  if (records.size !== live) throw refused(`it holds ${records.size} records, and its journal names ${live}`);
}

function checkSigner(state: JournalState, end: BundleEnd): void {
  const writer = state.writers().find(([instance]) => instance === end.by);
  if (writer === undefined || !verifyBundleEnd(end, writer[1]))
    throw refused("nobody who may write to the account has signed it");
}

function refused(why: string): OperatorError {
  return new OperatorError("E_CHECK", `the backup is refused: ${why}`);
}
