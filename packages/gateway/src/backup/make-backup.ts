import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { CryptoError } from "@halfkey/crypto";
import {
  bundleName,
  decryptAge,
  encryptAge,
  FileHash,
  generateAgeIdentity,
  parseBundleName,
} from "@halfkey/crypto/recovery";
import { HalfkeyError, OperatorError } from "@halfkey/model";
import { type BackupDone, noteBackup } from "./backup-record.ts";
import { type BackupSource, type BundleCounts, bundleLines, headerOf } from "./bundle-lines.ts";
import { expiredBundles, type Retention } from "./retention.ts";
import type { BackupTarget } from "./targets.ts";

export interface BackupOptions {
  /** The gateway's data folder, where the outcome is noted. */
  data: string;
  target: BackupTarget;
  /** age1pq1… recipients besides the account's own. */
  recipients: readonly string[];
  retention: Retention | undefined;
  /** Told now and then. */
  progress?(counts: Readonly<BundleCounts>): void;
}

export interface BackupResult extends BackupDone, BundleCounts {
  /** Names of older bundles that were deleted. */
  expired: string[];
}

/**
 * Makes one bundle: writes it, reads it back and opens it, and only then gives it its name. Opening needs an identity,
 * and none of the real ones is here: one is made for this file alone and forgotten with it.
 *
 * @throws {OperatorError} `E_BACKUP`, or what the vault answered.
 */
export async function makeBackup(source: BackupSource, options: BackupOptions): Promise<BackupResult> {
  const { payload, state } = source;
  const { target, data, retention } = options;
  const { recovery } = payload;
  if (recovery === undefined)
    throw new OperatorError(
      "E_BACKUP",
      "there are no paper shares to back up to: run `halfkey-gateway shares make`",
    );
  const began = performance.now();
  const name = bundleName(headerOf(source));
  const counts: BundleCounts = { entries: 0, records: 0, blobs: 0, lost: 0, bytes: 0 };
  const written = { sha256: "", bytes: 0 };
  const write = async (file: string) => {
    const once = await generateAgeIdentity();
    const recipients = [recovery, ...options.recipients, once.recipient];
    const plain = new FileHash();
    const lines = hashed(
      breathing(bundleLines(source, counts), () => options.progress?.(counts)),
      plain,
    );
    const cipher = new FileHash();
    await writeSynced(file, hashed(await encryptAge(lines, recipients), cipher));
    written.bytes = cipher.bytes;
    written.sha256 = cipher.digest();
    await verifyFile(file, once.identity, written.sha256, plain.digest());
  };
  try {
    await target.store(name, write, () => written.sha256);
    const done: BackupDone = {
      target: target.name,
      name,
      seq: state.seq,
      time: new Date().toISOString(),
      bytes: written.bytes,
      items: counts.records,
      seconds: (performance.now() - began) / 1000,
      recipient: recovery,
    };
    await noteBackup(data, done);
    return { ...counts, ...done, expired: await expire(target, payload.fragment, name, retention) };
  } catch (cause) {
    throw inOperatorTerms(cause, target);
  }
}

/** Reads a bundle's file from the disk, once for its bytes and once through the cipher. */
async function verifyFile(
  file: string,
  identity: string,
  sha256: string,
  plainSha256: string,
): Promise<void> {
  const cipher = new FileHash();
  const plain = new FileHash();
  const opened = await decryptAge(
    hashed(createReadStream(file, { highWaterMark: 256 * 1024 }), cipher),
    identity,
  );
  for await (const chunk of breathing(opened)) plain.update(chunk);
  if (plain.digest() !== plainSha256 || cipher.digest() !== sha256)
    throw new OperatorError("E_BACKUP", "what was read back is not what was written");
}

async function expire(
  target: BackupTarget,
  fragment: string,
  newest: string,
  retention: Retention | undefined,
): Promise<string[]> {
  if (retention === undefined) return [];
  const own = (await target.list()).filter(({ name }) => parseBundleName(name)?.fragment === fragment);
  const expired = expiredBundles(own, retention).filter((name) => name !== newest);
  for (const name of expired) await target.remove(name);
  return expired;
}

async function writeSynced(file: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const handle = await open(file, "wx", 0o600);
  try {
    for await (const chunk of chunks) await handle.writeFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: FileHash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Lets waiting requests run between two pieces: the same process serves. */
async function* breathing(
  chunks: AsyncIterable<Uint8Array>,
  each: () => void = () => {},
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunk;
    each();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function inOperatorTerms(cause: unknown, target: BackupTarget): Error {
  if (cause instanceof HalfkeyError) return cause;
  if (cause instanceof CryptoError)
    return new OperatorError("E_BACKUP", `the backup cannot be made: ${cause.message}`, { cause });
  const { code } = cause as NodeJS.ErrnoException;
  if (code === undefined) return cause as Error;
  return new OperatorError("E_BACKUP", `the backup to ${target.name} failed (${code})`, { cause });
}
