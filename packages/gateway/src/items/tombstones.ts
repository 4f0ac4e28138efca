import { recordKinds, toBase64Url } from "@halfkey/crypto";
import type { ItemPath, TombstonesRecord } from "@halfkey/model";
import type { Keyring } from "../fragment/keyring.ts";
import type { GroupView } from "../state/group-view.ts";
import type { Replica } from "../state/replica.ts";

/**
 * The last version numbers of deleted paths: whoever recreates one counts on, so that no number ever means two
 * values. They lie in one record per first byte of the item's record id.
 *
 * @see docs/cryptography.md, "Recreated paths"
 */
export class Tombstones {
  readonly #keyring: Keyring;

  constructor(keyring: Keyring) {
    this.#keyring = keyring;
  }

  /** The last version of a deleted path, 0 for one that never was. */
  lastKnown(replica: Replica, path: ItemPath): number {
    const { byte, key } = this.#place(path);
    return replica.index.tombstones(byte)?.ids[key] ?? 0;
  }

  last(view: GroupView, path: ItemPath): number {
    const { byte, key } = this.#place(path);
    return view.get<TombstonesRecord>(recordKinds.tombstones, byte)?.ids[key] ?? 0;
  }

  put(view: GroupView, path: ItemPath, last: number): void {
    const { byte, key } = this.#place(path);
    const held = view.get<TombstonesRecord>(recordKinds.tombstones, byte);
    view.put({ t: "gone", byte, ids: { ...held?.ids, [key]: last } });
  }

  /** The path lives again. A record without rows is deleted. */
  remove(view: GroupView, path: ItemPath): void {
    const { byte, key } = this.#place(path);
    const held = view.get<TombstonesRecord>(recordKinds.tombstones, byte);
    if (held?.ids[key] === undefined) return;
    const { [key]: _, ...ids } = held.ids;
    if (Object.keys(ids).length === 0) view.remove(held);
    else view.put({ ...held, ids });
  }

  #place(path: ItemPath): { byte: string; key: string } {
    const id = this.#keyring.recordId(recordKinds.item, path);
    return { byte: id.subarray(0, 1).toString("hex"), key: toBase64Url(id) };
  }
}
