import { OperatorError } from "@halfkey/model";
import { vaultLimits } from "@halfkey/wire";
import { Deadline } from "../deadline.ts";
import type { Replica } from "../state/replica.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";

const pageMs = 20_000;

/** Fetches the records that this disk lacks, as far as the vault still holds those of this head. @throws {OperatorError} `E_STATE` */
export async function completeRecords(replica: Replica, api: VaultApi): Promise<void> {
  const wanted = [...replica.poisoned].map(([, { id }]) => id);
  for (let at = 0; at < wanted.length; at += vaultLimits.batch) {
    const ids = wanted.slice(at, at + vaultLimits.batch);
    const held = await api.records(ids, Deadline.in(pageMs));
    for (const [place, id] of ids.entries()) {
      const sealed = held[place] ?? null;
      if (sealed !== null && replica.isCurrent(id, sealed)) replica.accept(id, sealed);
    }
  }
  if (replica.poisonedCount > 0)
    throw new OperatorError(
      "E_STATE",
      `${replica.poisonedCount} records of this head are neither here nor at the vault: start the gateway first, so that it catches up`,
    );
}
