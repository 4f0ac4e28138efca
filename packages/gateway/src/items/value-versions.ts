import {
  type Context,
  CryptoError,
  encodeContext,
  freshKeys,
  openBlob,
  openSealed,
  purposes,
  randomBytes,
  seal,
  sealBlob,
  sealedContext,
  splitKeys,
  toBase64Url,
  wipe,
  zero32,
} from "@halfkey/crypto";
import { type ItemVersion, OperatorError } from "@halfkey/model";
import { epochMissing, type Keyring } from "../fragment/keyring.ts";
import type { FragmentRequests } from "../vault-client/fragment-requests.ts";

/** A value, sealed for one version of one path under one pair of epochs. */
export interface SealedVersion {
  version: Omit<ItemVersion, "created" | "by">;
  blob: Buffer;
  customerEpoch: number;
  vaultEpoch: number;
}

/** Makes a data key, seals the value with it, and wraps it under a share of both fragments. */
export async function sealVersion(
  parts: { keyring: Keyring; fragments: FragmentRequests },
  input: { id: Buffer; version: number; customerEpoch: number; vaultEpoch: number; value: Uint8Array },
): Promise<SealedVersion> {
  const { keyring, fragments } = parts;
  const { id, version, customerEpoch, vaultEpoch, value } = input;
  const context: Context = {
    account: keyring.account,
    purpose: purposes.wrap,
    id,
    version,
    customerEpoch,
    vaultEpoch,
    salt: zero32,
  };
  const { dataKey, salt } = freshKeys(keyring.hedge, encodeContext(context), value);
  const x = encodeContext({ ...context, salt });
  const vaultShare = await fragments.share(x);
  const ownShare = keyring.customerShare(customerEpoch, x);
  const keys = splitKeys(ownShare, vaultShare, x);
  const { blob, length, sha256 } = sealBlob(dataKey, value);
  const wrap = seal(keys, x, dataKey);
  wipe(dataKey, keys, ownShare, vaultShare);
  return {
    version: {
      v: version,
      blob: toBase64Url(randomBytes(16)),
      len: length,
      sha: toBase64Url(sha256),
      wrap: toBase64Url(wrap),
    },
    blob,
    customerEpoch,
    vaultEpoch,
  };
}

/** A wrapped data key, and what the shares that open it are made of. */
export interface WrappedKey {
  x: Buffer;
  wrap: Buffer;
  customerEpoch: number;
}

/**
 * The context to ask the vault's share for: computed from the path that was authorised, never taken from a caller.
 *
 * @throws {OperatorError} `E_EPOCH` for a customer epoch that is not loaded, `E_FORMAT` for a damaged wrap.
 */
export function wrapContext(keyring: Keyring, id: Buffer, version: ItemVersion): WrappedKey {
  const wrap = Buffer.from(version.wrap, "base64url");
  const context = inOperatorTerms(() =>
    sealedContext(wrap, { account: keyring.account, purpose: purposes.wrap, id, version: version.v }),
  );
  if (!keyring.hasEpoch(context.customerEpoch)) throw epochMissing(context.customerEpoch);
  return { x: encodeContext(context), wrap, customerEpoch: context.customerEpoch };
}

/** The data key of one version. The caller overwrites it. @throws {OperatorError} `E_KEY`, `E_TAG` */
export function unwrapDataKey(keyring: Keyring, wrapped: WrappedKey, vaultShare: Buffer): Buffer {
  const ownShare = keyring.customerShare(wrapped.customerEpoch, wrapped.x);
  const keys = splitKeys(ownShare, vaultShare, wrapped.x);
  try {
    return inOperatorTerms(() => openSealed(keys, wrapped.wrap));
  } finally {
    wipe(ownShare, vaultShare, keys);
  }
}

/** @throws {OperatorError} `E_BLOB` if the vault altered the blob, `E_TAG` */
export function openValue(dataKey: Buffer, blob: Buffer, version: ItemVersion): Buffer {
  return inOperatorTerms(() => openBlob(dataKey, blob, version.len, Buffer.from(version.sha, "base64url")));
}

function inOperatorTerms<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new OperatorError(cause.code, `this version cannot be opened: ${cause.message}`, { cause });
  }
}
