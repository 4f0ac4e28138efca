import type { RootKeySource } from "../fragment/root-key.ts";
import type { SqliteReads } from "../store/sqlite/reads.ts";

/** A vault's folder, as `serve` would use it. Each check fills in what later ones ask for. */
export interface VaultPatient {
  readonly data: string;
  readonly database: string;
  /** Folder of the certificates; absent: plain HTTP. */
  readonly tls: string | undefined;
  readonly rootKey: RootKeySource;
  /** The process that serves this folder at the moment. */
  runningPid?: number | undefined;
  reads?: SqliteReads;
}
