import { sha256, toHex } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { Deadline } from "../deadline.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";

const pageMs = 10_000;

/**
 * Asks the vault how far it is. A restored gateway cannot notice that the vault was set back to a place between the
 * backup and the loss: what somebody else knows of a newer head is compared here.
 *
 * @param known The highest seq that the operator, a console or the name of another backup tells of.
 * @returns the vault's seq; it may be lower than the backup's own, which `head push` mends.
 * @throws {OperatorError} `E_FORK`: it shows another history; `E_WITHHELD`: less than is known elsewhere.
 */
export async function newerHead(
  api: VaultApi,
  own: { seq: number; head: string },
  known: number,
): Promise<number> {
  const { seq } = await api.head(Deadline.in(pageMs));
  if (seq >= own.seq) {
    const [entry] = (await api.journal(own.seq, Deadline.in(pageMs))).entries;
    if (entry === undefined || toHex(sha256(entry)) !== own.head)
      throw new OperatorError("E_FORK", `the vault shows another entry ${own.seq} than the backup`);
    if (seq < known)
      throw new OperatorError(
        "E_WITHHELD",
        `the vault's head is ${seq}, and ${known} is known: it was set back, or hides entries. Restore the newest backup, and push it`,
      );
  }
  return seq;
}
