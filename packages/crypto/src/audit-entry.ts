import { encodeContext } from "./buffers.ts";
import { label, zero32 } from "./bytes.ts";
import { contextAt, purposes } from "./context.ts";
import { CryptoError } from "./errors.ts";
import { freshKeys } from "./keys.ts";
import { padJsonText, parseJsonObject } from "./padded-json.ts";
import { sha256, wipe } from "./primitives.ts";
import type { RootOf } from "./rooted-seal.ts";
import { openSealed, seal, sealedContext } from "./seal.ts";
import { rootedKeys } from "./share.ts";

const logLabel = label("log");

/** The name of one audit log: one instance writes it, and `k` is raised whenever it cannot be gone on with. */
export function auditOrigin(account: string, instance: string, k: number): string {
  return `halfkey/audit/${account}/${instance}/${k}`;
}

/** What binds an entry to its log: 32 bytes. */
export function auditLogId(origin: string): Buffer {
  return sha256(logLabel, Buffer.from(origin));
}

/**
 * Seals one entry: the leaf of the log, in its final form.
 *
 * @param input.json The entry's JSON text, an object.
 * @param input.index Its place in the log, from 0: an entry opens at no other.
 * @throws {RangeError} for JSON above 262,144 bytes.
 */
export function sealAuditEntry(input: {
  account: Uint8Array;
  logId: Uint8Array;
  index: number;
  customerEpoch: number;
  vaultEpoch: number;
  root: Uint8Array;
  hedge: Uint8Array;
  json: string;
}): Buffer {
  const { account, logId, index, customerEpoch, vaultEpoch, root, hedge, json } = input;
  const plaintext = padJsonText(json);
  const x = encodeContext({
    account,
    purpose: purposes.audit,
    id: logId,
    version: index,
    customerEpoch,
    vaultEpoch,
    salt: zero32,
  });
  const { dataKey, salt } = freshKeys(hedge, x, plaintext);
  x.set(salt, contextAt.salt);
  const okm = rootedKeys(root, x);
  const sealed = seal(okm, x, plaintext);
  wipe(dataKey, okm, plaintext);
  return sealed;
}

/** @throws {CryptoError} `E_FORMAT`, `E_EPOCH`, `E_KEY` (another log or place), `E_TAG`. */
export function openAuditEntry(input: {
  account: Uint8Array;
  logId: Uint8Array;
  index: number;
  sealed: Uint8Array;
  rootOf: RootOf;
}): Record<string, unknown> {
  const { account, logId, index, sealed, rootOf } = input;
  const context = sealedContext(sealed, { account, purpose: purposes.audit, id: logId, version: index });
  const { customerEpoch, vaultEpoch } = context;
  const root = rootOf(customerEpoch, vaultEpoch);
  if (root === undefined) {
    throw new CryptoError(
      "E_EPOCH",
      `epochs ${customerEpoch} (customer) and ${vaultEpoch} (vault) are not both loaded`,
    );
  }
  const okm = rootedKeys(root, encodeContext(context));
  const plaintext = openSealed(okm, sealed);
  try {
    return parseJsonObject(plaintext);
  } finally {
    wipe(okm, plaintext);
  }
}
