import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { type Caller, CallerError, type ItemFormat, type ItemPath } from "@halfkey/model";
import { epochsOf } from "../state/epoch-pair.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { notFound } from "./item-reader.ts";
import {
  type Item,
  isFor,
  requireEnabled,
  requireItem,
  type WriteParts,
  withNewVersion,
} from "./item-writing.ts";
import { type SealedVersion, sealVersion } from "./value-versions.ts";

export interface ValueUpdate {
  /** Checks the new value against the item's format and gives its bytes. @throws {CallerError} */
  valueFor(item: Item): Buffer;
  /** What the caller believes the latest version to be. */
  expectedVersion?: number;
  keepPrevious: boolean;
  format?: ItemFormat;
}

/** A new version of an existing item. @throws {CallerError} `E_DENIED`, `E_NOT_FOUND`, `E_CONFLICT`, `E_DISABLED` */
export function updateValue(
  parts: WriteParts,
  caller: Caller,
  path: ItemPath,
  input: ValueUpdate,
): WritePlan<{ version: number }> {
  const { keyring, replica, access } = parts;
  const id = keyring.recordId(recordKinds.item, path);
  let sealed: SealedVersion | undefined;
  const check = (item: Item) => {
    requireEnabled(item);
    const latest = item.versions.at(-1)?.v ?? 0;
    if (input.expectedVersion !== undefined && input.expectedVersion !== latest) {
      throw new CallerError(
        "E_CONFLICT",
        `Status 409 Conflict. Message: item ${path} is at version ${latest}, not ${input.expectedVersion}`,
      );
    }
  };
  return {
    claims: [toBase64Url(id)],
    async prepare() {
      access.require(caller, "update", path);
      const item = replica.index.item(path);
      if (item === undefined) throw notFound(path);
      check(item);
      sealed = await sealVersion(parts, {
        id,
        version: item.last + 1,
        ...epochsOf(replica.settings),
        value: input.valueFor(item),
      });
    },
    build(view) {
      access.require(caller, "update", path);
      const item = requireItem(view, path);
      check(item);
      const number = item.last + 1;
      if (!isFor(sealed, number, view.replica.settings)) return "stale";
      const changed = withNewVersion(view, item, sealed, {
        ownerId: toBase64Url(id),
        by: caller.accessId,
        keepPrevious: input.keepPrevious,
      });
      view.put({ ...changed, ...(input.format === undefined ? {} : { format: input.format }) });
      return { result: { version: number } };
    },
  };
}
