import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { fromBase64Url, type JournalEntry, JournalState } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import type { Keyring } from "../fragment/keyring.ts";
import { JournalFile } from "./journal-file.ts";
import { Replica } from "./replica.ts";
import { loadSnapshot } from "./snapshot.ts";
import { applyEntry } from "./sync.ts";

export interface LocalState {
  replica: Replica;
  journal: JournalFile;
  openEntries: JournalEntry[];
  /** Opens what is on disk into the index, once the root keys are here; the rest is poisoned until it is fetched. */
  openRecords(): void;
}

export function journalFileIn(folder: string): string {
  return join(folder, "journal");
}

export function snapshotFileIn(folder: string): string {
  return join(folder, "snapshot");
}

/**
 * What this gateway remembers: the snapshot if it is usable, then the journal's tail, each entry verified.
 *
 * @throws {OperatorError} `E_CHECK` for a damaged journal or one of another account.
 */
export async function loadLocalState(folder: string, keyring: Keyring, log: Log): Promise<LocalState> {
  const file = journalFileIn(folder);
  const loaded = await loadSnapshot(snapshotFileIn(folder), keyring, log);
  const length = existsSync(file) ? statSync(file).size : 0;
  const snapshot = loaded !== undefined && loaded.offset <= length ? loaded : undefined;
  const { journal, contents } = await JournalFile.open(file, snapshot?.offset ?? 0);
  const replica = new Replica(
    keyring,
    snapshot?.state ?? JournalState.empty(keyring.account, keyring.genesis),
  );
  for (const entry of contents.entries) {
    if (entry.seq <= replica.seq) {
      replica.noteHash(entry);
      continue;
    }
    try {
      replica.publish(entry, applyEntry(replica.state, entry));
    } catch (cause) {
      throw new OperatorError(
        "E_CHECK",
        `the journal ${file} does not belong to this customer fragment, or was altered`,
        { cause },
      );
    }
  }
  const openRecords = () => {
    for (const [key, record] of snapshot?.openIndex() ?? []) {
      // What the tail has touched is poisoned already, and newer.
      if (
        replica.poisonedCode(key) === undefined &&
        replica.state.trie.get(fromBase64Url(key, 32)) !== undefined
      ) {
        replica.acceptOwn(key, record);
      } else replica.notePrevious(key, record.content);
    }
    replica.poisonMissing();
    for (const [key, { id }] of replica.poisoned) {
      const sealed = contents.records.get(key);
      if (sealed === undefined || !replica.isCurrent(id, sealed)) continue;
      try {
        replica.accept(id, sealed);
      } catch (error) {
        // It stays poisoned; the sync asks the vault for it and judges.
        if (!(error instanceof OperatorError)) throw error;
      }
    }
    contents.records.clear();
  };
  return { replica, journal, openEntries: contents.open, openRecords };
}
