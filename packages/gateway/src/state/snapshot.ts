import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import {
  CryptoError,
  decodeCheckpoint,
  decodeEntry,
  encodeCheckpoint,
  type JournalState,
  openSnapshot,
  purposes,
  sealSnapshot,
} from "@halfkey/crypto";
import { type Log, writeFileDurably } from "@halfkey/runtime";
import type { Keyring } from "../fragment/keyring.ts";
import type { OpenedRecord } from "./opened-index.ts";
import type { Replica } from "./replica.ts";

/** What a snapshot spares the next start: the journal before `offset`, and opening every record. */
export interface Snapshot {
  state: JournalState;
  /** Length of the journal file that it covers, in bytes. */
  offset: number;
  /** Opened only once the root keys are here. Nothing: the records are to be read from elsewhere. */
  openIndex(): [string, OpenedRecord][] | undefined;
}

/** `u8 format ‖ u32 length ‖ checkpoint ‖ u32 length ‖ head entry ‖ u64 journal offset ‖ sealed index or nothing` */
const format = 2;

/** Call under the write mutex: then no entry is between the journal file and the replica. */
export async function saveSnapshot(
  file: string,
  keyring: Keyring,
  replica: Replica,
  journalLength: number,
): Promise<void> {
  const { state, settings } = replica;
  const root = keyring.root(purposes.record, settings.epoch, settings.vaultEpoch);
  const { headBytes } = state;
  if (root === undefined || headBytes === undefined) return;
  const checkpoint = encodeCheckpoint(keyring.stateKey, state);
  const plaintext = Buffer.from(JSON.stringify([...replica.index.entries()]));
  const sealed = sealSnapshot({
    account: keyring.account,
    customerEpoch: settings.epoch,
    vaultEpoch: settings.vaultEpoch,
    root,
    hedge: keyring.hedge,
    checkpoint,
    plaintext,
  });
  plaintext.fill(0);
  await writeFileDurably(file, fileOf(checkpoint, headBytes, journalLength, sealed));
}

/**
 * A snapshot without an index, for a journal that was just verified: spares the next start verifying it again. The
 * records are read from the journal.
 */
export async function saveCheckpoint(file: string, stateKey: Uint8Array, state: JournalState): Promise<void> {
  const { headBytes } = state;
  if (headBytes === undefined) throw new RangeError("a state without its head entry");
  await writeFileDurably(file, fileOf(encodeCheckpoint(stateKey, state), headBytes, 0, Buffer.alloc(0)));
}

function fileOf(
  checkpoint: Uint8Array,
  headBytes: Uint8Array,
  journalLength: number,
  sealedIndex: Uint8Array,
): Buffer {
  const offset = Buffer.alloc(8);
  offset.writeBigUInt64BE(BigInt(journalLength));
  return Buffer.concat([
    Buffer.of(format),
    lengthOf(checkpoint),
    checkpoint,
    lengthOf(headBytes),
    headBytes,
    offset,
    sealedIndex,
  ]);
}

/**
 * Reads a snapshot. Anything wrong with it only costs time: the journal has all it says, so it is ignored with a
 * line in the log.
 */
export async function loadSnapshot(file: string, keyring: Keyring, log: Log): Promise<Snapshot | undefined> {
  if (keyring.genesis === undefined || !existsSync(file)) return undefined;
  try {
    const bytes = await readFile(file);
    if (bytes[0] !== format) throw new RangeError("unknown format");
    const checkpointEnd = 5 + bytes.readUInt32BE(1);
    const checkpoint = bytes.subarray(5, checkpointEnd);
    const headStart = checkpointEnd + 4;
    const headEnd = headStart + bytes.readUInt32BE(checkpointEnd);
    const head = decodeEntry(bytes.subarray(headStart, headEnd));
    const state = decodeCheckpoint(keyring.stateKey, checkpoint, head, keyring.genesis);
    const offset = Number(bytes.readBigUInt64BE(headEnd));
    const sealed = bytes.subarray(headEnd + 8);
    return { state, offset, openIndex: () => openIndex(keyring, sealed, checkpoint, log) };
  } catch (error) {
    log.warn({ error: error as Error }, "the snapshot cannot be used: starting from the journal");
    return undefined;
  }
}

function openIndex(
  keyring: Keyring,
  sealed: Buffer,
  checkpoint: Buffer,
  log: Log,
): [string, OpenedRecord][] | undefined {
  if (sealed.length === 0) return undefined;
  try {
    const plaintext = openSnapshot({
      account: keyring.account,
      sealed,
      checkpoint,
      rootOf: keyring.recordRoot,
    });
    const entries = JSON.parse(plaintext.toString("utf8")) as [string, OpenedRecord][];
    plaintext.fill(0);
    return entries;
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error;
    log.warn({ code: error.code }, "the snapshot does not open: reading the records instead");
    return undefined;
  }
}

function lengthOf(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}
