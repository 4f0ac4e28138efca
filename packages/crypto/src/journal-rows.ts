import { copyBuffer } from "./buffers.ts";
import { CryptoError } from "./errors.ts";
import type { IdMap } from "./id-map.ts";
import { epochOf, epochPrefix, type Operation, operations } from "./operation.ts";

/** What the journal says about one id. */
export interface IdRow {
  /** Null for a record id whose last operation was a deletion. */
  value: Uint8Array | null;
  /** Seq of the last operation on it. */
  seq: number;
  /** Seq of the operation before that; -1: none. */
  before: number;
}

export interface LiveRow extends IdRow {
  value: Uint8Array;
}

export interface Rows {
  live: IdMap<LiveRow>;
  deleted: IdMap<IdRow>;
}

/** The rows after one operation, with its own check. @throws {CryptoError} `E_STATE`, `E_WRITER` */
export function operate(rows: Rows, { op, id, value }: Operation, seq: number): Rows {
  const { live, deleted } = rows;
  const current = live.get(id);
  switch (op) {
    case operations.putRecord: {
      const last = current ?? deleted.get(id);
      return { live: live.put(id, { value, seq, before: last?.seq ?? -1 }), deleted: deleted.delete(id) };
    }
    case operations.deleteRecord:
      if (current === undefined) throw new CryptoError("E_STATE", "a record is deleted that is not there");
      return { live: live.delete(id), deleted: deleted.put(id, { value: null, seq, before: current.seq }) };
    case operations.admitWriter:
      if (current !== undefined) throw new CryptoError("E_WRITER", "a writer is admitted twice");
      return { live: live.put(id, { value, seq, before: -1 }), deleted };
    case operations.revokeWriter:
      if (current === undefined) throw new CryptoError("E_WRITER", "a writer is revoked that is not there");
      return { live: live.delete(id), deleted };
    case operations.announceVaultEpoch:
      if (epochOf(id) !== highestEpoch(live) + 1)
        throw new CryptoError("E_STATE", "a vault epoch is not the next one");
      return { live: live.put(id, { value, seq, before: -1 }), deleted };
    case operations.retireVaultEpoch:
      if (current === undefined)
        throw new CryptoError("E_STATE", "a vault epoch is retired that is not there");
      if (epochOf(id) === highestEpoch(live))
        throw new CryptoError("E_STATE", "the highest vault epoch is never retired");
      return { live: live.delete(id), deleted };
  }
}

/** Active vault epochs, ascending. */
export function epochsOf(live: IdMap<LiveRow>): { epoch: number; kcv: string }[] {
  return Array.from(live.entries(epochPrefix), ([id, { value }]) => ({
    epoch: epochOf(id),
    kcv: copyBuffer(value.subarray(0, 4)).toString("hex"),
  }));
}

function highestEpoch(live: IdMap<LiveRow>): number {
  return epochsOf(live).at(-1)?.epoch ?? 0;
}
