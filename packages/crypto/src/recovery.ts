/** Backup and recovery: apart from the rest, because no read needs it and its libraries take time to load. */
export { decryptAge, encryptAge, generateAgeIdentity } from "./age-file.ts";
export { type BundleLine, readBundle } from "./bundle-reader.ts";
export {
  type BundleEnd,
  type BundleHeader,
  BundleWriter,
  bundleName,
  FileHash,
  parseBundleName,
  verifyBundleEnd,
} from "./bundle-writer.ts";
export {
  combineShares,
  decodePaperShare,
  encodePaperShare,
  type PaperShare,
  splitSeed,
} from "./paper-share.ts";
export { parseRecipient, recipientOf, recoveryIdentity } from "./recovery-identity.ts";
