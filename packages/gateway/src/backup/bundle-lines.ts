import { open } from "node:fs/promises";
import {
  customerShare,
  decodeEntry,
  equalConstantTime,
  type FragmentPayload,
  fromBase64Url,
  fromHex,
  type JournalState,
  keyCheckContext,
  keyCheckValue,
  sha256,
  signingKeyFromSeed,
  toBase64Url,
  toHex,
} from "@halfkey/crypto";
import { type BundleHeader, BundleWriter } from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import { vaultLimits } from "@halfkey/wire";
import { Deadline } from "../deadline.ts";
import { type Frame, frameTypes, readFrames } from "../state/frames.ts";
import { isReserved } from "../state/replica.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";

/** What a bundle is made of: everything at one head, which later writes do not touch. */
export interface BackupSource {
  payload: FragmentPayload;
  vaultCa: string | undefined;
  state: JournalState;
  /** The journal file, and how much of it belongs to the head. */
  journal: { file: string; length: number };
  /** Ciphertexts that the head's records name. */
  blobs: BackedUpBlob[];
  api: VaultApi;
}

export interface BackedUpBlob {
  /** Base64url. */
  id: string;
  /** Length at the vault, padded. */
  bytes: number;
  sha: string;
}

export interface BundleCounts {
  entries: number;
  records: number;
  blobs: number;
  /** Ciphertexts that the vault did not have any more, or holds altered. */
  lost: number;
  /** Length of the plaintext so far, in bytes. */
  bytes: number;
}

const pageMs = 20_000;
const flushBytes = 256 * 1024;

/**
 * A bundle's plaintext, in pieces of some 256 KiB: fragment, journal, records, and the ciphertexts as the vault gives
 * them. Nothing but the state and where each record lies is kept in memory.
 *
 * @throws {OperatorError} `E_STATE` when a record of the head is nowhere to be had, `E_VAULT`.
 */
export async function* bundleLines(source: BackupSource, counts: BundleCounts): AsyncGenerator<Uint8Array> {
  const { payload, state } = source;
  const writer = new BundleWriter();
  let pieces: Buffer[] = [];
  let pending = 0;
  const add = (line: Buffer): boolean => {
    pieces.push(line);
    pending += line.length;
    counts.bytes += line.length;
    return pending >= flushBytes;
  };
  const flush = () => {
    const bytes = Buffer.concat(pieces);
    pieces = [];
    pending = 0;
    return bytes;
  };

  add(writer.line(headerOf(source)));
  add(writer.line({ fragment: payload }));
  for await (const line of journalLines(source, counts)) if (add(writer.line(line))) yield flush();
  for await (const line of blobLines(source, counts)) if (add(writer.line(line))) yield flush();
  const signingKey = signingKeyFromSeed(fromBase64Url(payload.instance.sign, 32));
  add(writer.end(payload.instance.id, signingKey));
  signingKey.seed.fill(0);
  if (counts.entries !== state.seq + 1)
    throw new OperatorError("E_STATE", `the journal has ${counts.entries} entries and not ${state.seq + 1}`);
  yield flush();
}

export function headerOf({ payload, vaultCa, state }: BackupSource): BundleHeader {
  const { account, fragment, instance, epochs, vaultEpochs } = payload;
  return {
    halfkey: "backup/1",
    account,
    fragment,
    instance: instance.id,
    created: `${new Date().toISOString().slice(0, 19)}Z`,
    seq: state.seq,
    head: toHex(state.hash),
    kcv: {
      c: Object.fromEntries(epochs.map(({ e, parts }) => [e, customerKcv(account, e, parts["0"])])),
      v: Object.fromEntries(vaultEpochs.map(({ f, kcv }) => [f, kcv])),
    },
    with: ["fragment", "state", "blobs"],
    ...(vaultCa === undefined ? {} : { vaultCa }),
  };
}

export function customerKcv(account: string, epoch: number, key: string): string {
  const bytes = fromBase64Url(key, 32);
  const share = customerShare(bytes, keyCheckContext(fromHex(account, 16), epoch, 0));
  bytes.fill(0);
  return keyCheckValue(share);
}

/** Entries while the journal is read once, then the head's records while it is read again. */
async function* journalLines(source: BackupSource, counts: BundleCounts): AsyncGenerator<object> {
  const { state, journal, api } = source;
  const handle = await open(journal.file, "r");
  try {
    const current = new Map<string, number>();
    const undecided = new Map<string, Buffer>();
    let place = 0;
    for await (const frame of readFrames(handle, journal.length)) {
      const entry = entryOf(frame, undecided);
      // Another instance may have written on since: what is behind the head is for the next bundle.
      if (entry !== undefined && counts.entries <= state.seq) {
        counts.entries += 1;
        yield { entry: toBase64Url(entry) };
      } else if (frame.type === frameTypes.record && isCurrent(state, frame)) {
        current.set(idOf(frame), place);
      }
      place += 1;
    }
    place = 0;
    for await (const frame of readFrames(handle, journal.length)) {
      const key = frame.type === frameTypes.record ? idOf(frame) : undefined;
      if (key !== undefined && current.get(key) === place) {
        counts.records += 1;
        yield { record: [key, toBase64Url(frame.payload.subarray(32))] };
      }
      place += 1;
    }
    for await (const [id, bytes] of missingRecords(state, current, api)) {
      counts.records += 1;
      yield { record: [toBase64Url(id), toBase64Url(bytes)] };
    }
  } finally {
    await handle.close();
  }
}

/** The entry that a frame adds to the chain; open ones wait for the frame that accepts them. */
function entryOf({ type, payload }: Frame, undecided: Map<string, Buffer>): Buffer | undefined {
  if (type === frameTypes.entry) return payload;
  if (type === frameTypes.open) undecided.set(toBase64Url(decodeEntry(payload).hash), Buffer.from(payload));
  if (type !== frameTypes.accepted) return undefined;
  const entry = undecided.get(toBase64Url(payload));
  undecided.delete(toBase64Url(payload));
  return entry;
}

function isCurrent(state: JournalState, { payload }: Frame): boolean {
  const value = state.trie.get(payload.subarray(0, 32));
  return value !== undefined && equalConstantTime(value, sha256(payload.subarray(32)));
}

function idOf({ payload }: Frame): string {
  return toBase64Url(payload.subarray(0, 32));
}

/** Records that were not on this disk: their writes were not synced, or another chain was accepted. */
async function* missingRecords(
  state: JournalState,
  current: ReadonlyMap<string, number>,
  api: VaultApi,
): AsyncGenerator<[Uint8Array, Buffer]> {
  const missing: { id: Buffer; value: Uint8Array }[] = [];
  for (const [id, { value }] of state.rows())
    if (value !== null && !isReserved(id) && !current.has(toBase64Url(id)))
      missing.push({ id: Buffer.from(id), value });
  for (let at = 0; at < missing.length; at += vaultLimits.batch) {
    const batch = missing.slice(at, at + vaultLimits.batch);
    const held = await api.records(
      batch.map(({ id }) => id),
      Deadline.in(pageMs),
    );
    for (const [place, { id, value }] of batch.entries()) {
      const bytes = held[place] ?? null;
      if (bytes === null || !equalConstantTime(value, sha256(bytes)))
        throw new OperatorError("E_STATE", "a record of the head is neither here nor at the vault");
      yield [id, bytes];
    }
  }
}

async function* blobLines(
  { payload, state, blobs, api }: BackupSource,
  counts: BundleCounts,
): AsyncGenerator<object> {
  // Any context will do, as only the ciphertext is wanted: this one's share is no secret of any item.
  const [epoch = 1] = state.vaultEpochs().map((one) => one.epoch);
  const x = toBase64Url(keyCheckContext(fromHex(payload.account, 16), 0, epoch));
  for (const batch of batchesOf(blobs)) {
    const reply = await api.open(
      batch.map(({ id, bytes }) => ({ x, blob: id, blobBytes: bytes })),
      Deadline.in(pageMs),
    );
    for (const [place, { id, sha }] of batch.entries()) {
      const blob = reply.opens[place]?.blob ?? null;
      if (blob === null || toBase64Url(sha256(fromBase64Url(blob))) !== sha) counts.lost += 1;
      else {
        counts.blobs += 1;
        yield { blob: [id, blob] };
      }
    }
  }
}

function* batchesOf(blobs: readonly BackedUpBlob[]): Iterable<BackedUpBlob[]> {
  let batch: BackedUpBlob[] = [];
  let bytes = 0;
  for (const blob of blobs) {
    if (
      batch.length === vaultLimits.batch ||
      (batch.length > 0 && bytes + blob.bytes > vaultLimits.openBatchBytes)
    ) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(blob);
    bytes += blob.bytes;
  }
  if (batch.length > 0) yield batch;
}
