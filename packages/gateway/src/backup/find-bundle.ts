import { createReadStream, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { parseBundleName } from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import { FolderTarget } from "./folder-target.ts";
import { backupTarget, type StoredBundle } from "./targets.ts";

export interface FoundBundle {
  name: string;
  /** Opens it, from its beginning each time. */
  read(): AsyncIterable<Uint8Array>;
  /** The highest seq that the names beside it tell of: the vault must not show less. */
  highestSeq: number;
}

/**
 * The bundle to restore from: a file, or the newest of a folder or `rclone:remote:path`.
 *
 * @throws {OperatorError} `E_INPUT`, `E_BACKUP`
 */
export async function findBundle(from: string, outbox: string): Promise<FoundBundle> {
  const isFile =
    !from.startsWith("rclone:") && (statSync(from, { throwIfNoEntry: false })?.isFile() ?? false);
  if (isFile) {
    const beside = await new FolderTarget(dirname(from)).list();
    const own = parseBundleName(basename(from));
    const read = () => createReadStream(from, { highWaterMark: 256 * 1024 });
    return { name: basename(from), read, highestSeq: highestSeq(beside, own?.fragment) };
  }
  const target = backupTarget(from, outbox);
  const bundles = await target.list();
  const fragments = new Set(bundles.map(({ name }) => parseBundleName(name)?.fragment));
  if (fragments.size > 1)
    throw new OperatorError("E_INPUT", `${from} holds backups of ${fragments.size} accounts: name the file`);
  const newest = bundles.toSorted((a, b) => seqOf(b) - seqOf(a) || b.time - a.time)[0];
  if (newest === undefined) throw new OperatorError("E_INPUT", `there is no backup at ${from}`);
  return { name: newest.name, read: () => target.read(newest.name), highestSeq: seqOf(newest) };
}

function highestSeq(bundles: readonly StoredBundle[], fragment: string | undefined): number {
  const own = bundles.filter(({ name }) => parseBundleName(name)?.fragment === fragment);
  return Math.max(-1, ...own.map(seqOf));
}

function seqOf({ name }: StoredBundle): number {
  return parseBundleName(name)?.seq ?? -1;
}
