import {
  auditLogId,
  auditOrigin,
  openAuditCheckpoint,
  openAuditEntry,
  purposes,
  sealAuditEntry,
  signAuditCheckpoint,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
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

/** @param epochs The epochs to seal with now. */
export function logKeysFrom(
  keyring: Keyring,
  epochs: () => { epoch: number; vaultEpoch: number },
): LogKeysOf {
  const { account, hedge, signingKey } = keyring;
  const rootOf = (e: number, f: number) => keyring.root(purposes.audit, e, f);
  return (k) => {
    const origin = auditOrigin(keyring.accountHex, keyring.instance, k);
    const logId = auditLogId(origin);
    return {
      origin,
      seal(index, json) {
        const { epoch, vaultEpoch } = epochs();
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
