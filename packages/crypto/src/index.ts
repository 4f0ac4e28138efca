/** Halfkey's cryptography, format 1: bytes in, bytes out. docs/cryptography.md describes it; the vectors decide. */
export { accessKeyVerifier, generateAccessKey, verifyAccessKey } from "./access-key.ts";
export {
  type AuditCheckpoint,
  auditVerifierKey,
  openAuditCheckpoint,
  signAuditCheckpoint,
} from "./audit-checkpoint.ts";
export { auditLogId, auditOrigin, openAuditEntry, sealAuditEntry } from "./audit-entry.ts";
export {
  AuditTree,
  auditLeafHash,
  consistencyProof,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from "./audit-tree.ts";
export { bucketSize, openBlob, sealBlob, valueBytesMax } from "./blob.ts";
export {
  encodeContext,
  fromBase64Url,
  fromHex,
  keyCheckContext,
  rootContext,
  toBase64Url,
  toHex,
} from "./buffers.ts";
export { buildEntry } from "./build-entry.ts";
export { zero32 } from "./bytes.ts";
export { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";
export { type Context, decodeContext, purposes } from "./context.ts";
export { enrolmentCodeHash, generateEnrolmentCode } from "./enrolment-code.ts";
export { CryptoError, type CryptoErrorCode } from "./errors.ts";
export {
  decodeFragmentFile,
  encodeFragmentFile,
  readFragmentHeader,
  type UnsealKey,
} from "./fragment-file.ts";
export type { FragmentHeader } from "./fragment-header.ts";
export type { FragmentPayload } from "./fragment-payload.ts";
export {
  decodeHeadStatement,
  type HeadStatement,
  signHeadStatement,
  verifyHeadStatement,
} from "./head-statement.ts";
export {
  generateAccessId,
  generateAccountId,
  generateFragmentId,
  generateInstanceId,
} from "./identifiers.ts";
export { decodeJoinRequest, encodeJoinRequest, type JoinRequest } from "./join-request.ts";
export { decodeEntry, type JournalEntry, verifyEntrySignature } from "./journal-entry.ts";
export type { IdRow } from "./journal-rows.ts";
export { JournalState } from "./journal-state.ts";
export { deriveControlKeys, freshKeys } from "./keys.ts";
export {
  epochId,
  type Operation,
  type OperationCode,
  operations,
  vaultEpochValue,
  writerId,
} from "./operation.ts";
export { padJson, parsePaddedJson, recordBytesMax } from "./padded-json.ts";
export { equalConstantTime, randomBytes, sha256, wipe } from "./primitives.ts";
export { isReplayFree, openRecord, recordId, recordKinds, sealRecord } from "./record.ts";
export {
  parseAuthorization,
  type RequestAuthorization,
  signReply,
  signRequest,
  verifyReply,
  verifyRequest,
} from "./request-auth.ts";
export type { RootOf } from "./rooted-seal.ts";
export { openSealed, seal, sealedContext, wrapLength } from "./seal.ts";
export { newPassphraseMethod, parseKeyText, passphraseKey, type SealMethod } from "./seal-method.ts";
export { customerShare, keyCheckValue, rootedKeys, rootKey, splitKeys, vaultShare } from "./share.ts";
export { generateSigningKey, type SigningKey, signingKeyFromSeed } from "./signing.ts";
export { openSnapshot, sealSnapshot } from "./snapshot.ts";
export { issueToken, type TokenClaims, verifyToken } from "./token.ts";
export { Trie } from "./trie.ts";
export { openVaultFragment, sealVaultFragment } from "./vault-row.ts";
