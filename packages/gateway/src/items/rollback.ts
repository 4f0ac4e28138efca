import { bucketSize, recordKinds, toBase64Url, wipe } from "@halfkey/crypto";
import { type Caller, type ItemPath, OperatorError } from "@halfkey/model";
import { epochsOf } from "../state/epoch-pair.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { notFound } from "./item-reader.ts";
import { isFor, requireEnabled, requireItem, type WriteParts, withNewVersion } from "./item-writing.ts";
import { openValue, type SealedVersion, sealVersion, unwrapDataKey, wrapContext } from "./value-versions.ts";

/** Makes an old version's value the newest version, under a new data key. @throws {CallerError} */
export function rollback(
  parts: WriteParts,
  caller: Caller,
  path: ItemPath,
  oldVersion: number,
): WritePlan<{ version: number }> {
  const { keyring, replica, access, fragments } = parts;
  const id = keyring.recordId(recordKinds.item, path);
  let sealed: SealedVersion | undefined;
  let source = "";
  return {
    claims: [toBase64Url(id)],
    async prepare() {
      access.require(caller, "update", path);
      const item = replica.index.item(path);
      if (item === undefined) throw notFound(path);
      requireEnabled(item);
      const old = item.versions.find(({ v }) => v === oldVersion);
      if (old === undefined) throw notFound(path, oldVersion);
      const wrapped = wrapContext(keyring, id, old);
      const { share, blob } = await fragments.open({
        x: wrapped.x,
        blob: old.blob,
        blobBytes: bucketSize(old.len),
      });
      if (blob === null) throw new OperatorError("E_BLOB", "the vault has lost this version's ciphertext");
      const dataKey = unwrapDataKey(keyring, wrapped, share);
      const value = openValue(dataKey, blob, old);
      try {
        sealed = await sealVersion(parts, {
          id,
          version: item.last + 1,
          ...epochsOf(replica.settings),
          value,
        });
        source = old.blob;
      } finally {
        wipe(dataKey, value);
      }
    },
    build(view) {
      access.require(caller, "update", path);
      const item = requireItem(view, path);
      requireEnabled(item);
      const old = item.versions.find(({ v }) => v === oldVersion);
      if (old === undefined) throw notFound(path, oldVersion);
      const number = item.last + 1;
      if (!isFor(sealed, number, view.replica.settings) || old.blob !== source) return "stale";
      view.put(
        withNewVersion(view, item, sealed, {
          ownerId: toBase64Url(id),
          by: caller.accessId,
          keepPrevious: true,
        }),
      );
      return { result: { version: number } };
    },
  };
}
