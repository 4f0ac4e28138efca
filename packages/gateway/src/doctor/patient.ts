import type { FragmentPayload } from "@halfkey/crypto";
import type { Peer } from "@halfkey/diagnosis";
import type { Keyring } from "../fragment/keyring.ts";
import type { UnsealOptions } from "../fragment/unseal.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";
import type { VaultClient } from "../vault-client/vault-client.ts";

/** A gateway's folder and settings, as `serve` would get them. Each check fills in what later ones ask for. */
export interface GatewayPatient {
  readonly data: string;
  /** Where the vault is now; absent: where the sealed file says. */
  readonly vault: string | undefined;
  readonly host: string;
  readonly tls: boolean;
  readonly trustedProxies: readonly string[];
  readonly unseal: UnsealOptions;
  /** The process that serves this folder at the moment. */
  runningPid?: number | undefined;
  payload?: FragmentPayload;
  keyring?: Keyring;
  /** Number of the newest entry of the journal here. */
  seq?: number;
  vaultPeer?: Peer;
  client?: VaultClient;
  api?: VaultApi;
}
