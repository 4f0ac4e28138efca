import type { Deadline } from "../deadline.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";

/** Times of the newest backups that were read back and found whole; nothing where there is none. */
export interface BackupEvidence {
  /** Of the customer side: the fragment with all its epochs. */
  bundle: number | undefined;
  /** Of the vault: its ciphertext and the vault fragments. */
  vault: number | undefined;
}

export type EvidenceOf = (deadline: Deadline) => Promise<BackupEvidence>;

/** What is known today: the vault tells of its own backups; bundles are not made yet, so none was ever verified. */
export function backupEvidence(api: VaultApi): EvidenceOf {
  return async (deadline) => {
    const { backup } = await api.head(deadline);
    return { bundle: undefined, vault: backup?.time };
  };
}
