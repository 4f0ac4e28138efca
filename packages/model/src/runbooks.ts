import type { ErrorCode } from "./errors.ts";

/** The pages of docs/runbooks, by name, and what each is for. Messages name them: never rename one. */
export const runbooks = {
  "gateway-unreachable": "Nothing answers at the gateway's address",
  "vault-unreachable": "The gateway answers, and the vault does not",
  "secret-synced-error": "ExternalSecrets are stuck in SecretSyncedError",
  "store-not-ready": "The ClusterSecretStore is not ready, or was late to notice that all is well again",
  "derived-key-404": "/api/derived-key or the API answers 404, or a web page",
  "derived-key-500": "A request answers 500: a defect",
  "derived-key-503": "/api/derived-key answers 502 or 503",
  "wrong-ca": "A certificate is not trusted, names another host, or is over",
  "wrong-audience": "A workload's login is refused",
  "login-refused": "Access id and key, or a token, are refused",
  "issuer-unreachable": "The gateway cannot ask who vouches for a token",
  "policy-denied": "A path may not be read",
  "item-absent": "An item or a version does not exist",
  "empty-secret": "A Secret is empty, lacks keys, or its template fails",
  "admission-denied": "Kubernetes refuses an ExternalSecret or a store",
  sealed: "The gateway does not unseal its customer fragment",
  "damaged-file": "A file of a half is missing or damaged",
  "wrong-fragment": "Customer fragment and vault fragment do not belong together",
  "missing-epoch": "A gateway lacks an epoch of the customer fragment",
  revoked: "The vault refuses this gateway",
  frozen: "Writes are frozen by an alarm",
  "damaged-value": "A value is lost or altered at the vault",
  clone: "Two processes run with one instance's identity",
  clock: "The clocks differ",
  "disk-full": "A disk is full, or cannot be written",
  "backup-fails": "Backups fail",
  "lost-answer": "A change may have happened, or not",
  restore: "Restoring a gateway",
} as const;

export type Runbook = keyof typeof runbooks;

/** Every failure that an operator has to look into has a page; what a caller can mend himself mostly needs none. */
const ofCodes: Partial<Record<ErrorCode, Runbook>> = {
  E_ROUTE: "derived-key-404",
  E_TOKEN: "login-refused",
  E_EXPIRED: "login-refused",
  E_DENIED: "policy-denied",
  E_NOT_FOUND: "item-absent",
  E_INTERNAL: "derived-key-500",
  E_KEY: "wrong-fragment",
  E_TAG: "damaged-value",
  E_BLOB: "damaged-value",
  E_STATE: "frozen",
  E_WRITER: "frozen",
  E_FORK: "frozen",
  E_ROLLBACK: "frozen",
  E_WITHHELD: "frozen",
  E_FROZEN: "frozen",
  E_EPOCH: "missing-epoch",
  E_SEALED: "sealed",
  E_VAULT: "vault-unreachable",
  E_ISSUER: "issuer-unreachable",
  E_REVOKED: "revoked",
  E_CLONE: "clone",
  E_CLOCK: "clock",
  E_UNKNOWN: "lost-answer",
  E_AUDIT: "disk-full",
  E_DISK: "disk-full",
  E_CHECK: "damaged-file",
  E_BACKUP: "backup-fails",
};

/** @returns nothing for codes whose next step says all there is. */
export function runbookOf(code: ErrorCode): Runbook | undefined {
  return ofCodes[code];
}

/** Where the page lies in the project. */
export function runbookFile(runbook: Runbook): string {
  return `docs/runbooks/${runbook}.md`;
}
