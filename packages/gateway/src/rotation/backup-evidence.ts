import { readBackupRecord } from "../backup/backup-record.ts";
import type { Deadline } from "../deadline.ts";
import type { FragmentStore } from "../fragment/fragment-store.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";

/** Times (milliseconds since 1970) of the newest backups that were read back and found whole; 0 where there is none. */
export interface BackupEvidence {
  /** When the newest bundle was begun: it holds the fragment as it was then. */
  bundle: number;
  /** Of the vault: its ciphertext and the vault fragments. */
  vault: number;
}

export type EvidenceOf = (deadline: Deadline) => Promise<BackupEvidence>;

/**
 * Bundles as this gateway has noted them, those to the present paper shares only; the vault's own backups as the vault
 * tells of them.
 */
export function backupEvidence(folder: string, fragment: FragmentStore, api: VaultApi): EvidenceOf {
  return async (deadline) => {
    const bundles = (await readBackupRecord(folder))
      .filter(({ recipient }) => recipient === fragment.payload.recovery)
      .map(({ time, seconds }) => Date.parse(time) - seconds * 1000);
    const { backup } = await api.head(deadline);
    return { bundle: Math.max(0, ...bundles), vault: backup?.time ?? 0 };
  };
}
