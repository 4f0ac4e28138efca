import { decodeEntry, type JournalEntry, JournalState } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { Deadline } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";
import { applyEntry } from "./sync.ts";

/** The whole journal as the vault shows it, verified from entry 0 on. @throws {OperatorError} */
export async function fetchChain(
  api: VaultApi,
  keyring: Keyring,
): Promise<{ state: JournalState; entries: JournalEntry[] }> {
  let state = JournalState.empty(keyring.account, keyring.genesis);
  const entries: JournalEntry[] = [];
  for (;;) {
    const page = await api.journal(state.seq + 1, Deadline.in(10_000));
    for (const bytes of page.entries) {
      const entry = decodeEntry(bytes);
      state = applyEntry(state, entry);
      entries.push(entry);
    }
    if (state.seq >= page.seq) return { state, entries };
    if (page.entries.length === 0)
      throw new OperatorError("E_FORMAT", "the vault names a head but shows no entry");
  }
}
