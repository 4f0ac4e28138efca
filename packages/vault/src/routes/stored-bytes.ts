import { fromBase64Url } from "@halfkey/crypto";

/** A record as it travels: [id, sealed bytes]. @throws {CryptoError} E_FORMAT */
export function recordOf([id, sealed]: [string, string]) {
  return { id: fromBase64Url(id, 32), sealed: fromBase64Url(sealed) };
}

/** A blob as it travels: [id, owner's record id, bytes]. @throws {CryptoError} E_FORMAT */
export function blobOf([id, owner, bytes]: [string, string, string]) {
  return { id: fromBase64Url(id, 16), owner: fromBase64Url(owner, 32), bytes: fromBase64Url(bytes) };
}
