import {
  auditLogId,
  auditOrigin,
  fromBase64Url,
  openAuditCheckpoint,
  openAuditEntry,
  purposes,
  sealAuditEntry,
  signAuditCheckpoint,
} from "@halfkey/crypto";
import { OperatorError, type SettingsRecord } from "@halfkey/model";
import type { Keyring } from "../fragment/keyring.ts";

export interface SignedSize {
  size: number;
  /** 32 bytes. */
  root: Buffer;
}

/** The cryptography of one log: what a segment's writer and readers need of the keyring, and no more. */
export interface LogKeys {
  readonly origin: string;
  seal(index: number, json: string): Buffer;
  /** @throws {CryptoError} `E_FORMAT`, `E_EPOCH`, `E_KEY`, `E_TAG` */
  open(index: number, sealed: Uint8Array): Record<string, unknown>;
  sign(checkpoint: SignedSize): string;
  /** @throws {CryptoError} `E_FORMAT`, `E_CHECK` */
  openCheckpoint(note: string): SignedSize;
}

/** Gives the keys of this instance's log number `k`. */
export type LogKeysOf = (k: number) => LogKeys;

/** @param settings With the epochs to seal with now, and the audit root keys of pairs that were left. */
export function logKeysFrom(
  keyring: Keyring,
  settings: () => Pick<SettingsRecord, "epoch" | "vaultEpoch" | "auditRoots">,
): LogKeysOf {
  const { account, hedge, signingKey } = keyring;
  const rootOf = (e: number, f: number) => keyring.root(purposes.audit, e, f) ?? leftRoot(e, f);
  // Of epochs that were destroyed; what was logged under them stays readable.
  const leftRoot = (e: number, f: number) => {
    const left = settings().auditRoots.find((one) => one.e === e && one.f === f);
    return left === undefined ? undefined : fromBase64Url(left.root, 32);
  };
  return (k) => {
    const origin = auditOrigin(keyring.accountHex, keyring.instance, k);
    const logId = auditLogId(origin);
    return {
      origin,
      seal(index, json) {
        const { epoch, vaultEpoch } = settings();
        const root = rootOf(epoch, vaultEpoch);
        if (root === undefined) throw new OperatorError("E_EPOCH", "the current epoch is not loaded here");
        return sealAuditEntry({
          account,
          logId,
          index,
          customerEpoch: epoch,
          vaultEpoch,
          root,
          hedge,
          json,
        });
      },
      open: (index, sealed) => openAuditEntry({ account, logId, index, sealed, rootOf }),
      sign: (checkpoint) => signAuditCheckpoint(origin, checkpoint, signingKey),
      openCheckpoint: (note) => openAuditCheckpoint(note, origin, signingKey.publicKey),
    };
  };
}
