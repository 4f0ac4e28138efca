import {
  type Context,
  encodeContext,
  equalConstantTime,
  freshKeys,
  purposes,
  seal,
  splitKeys,
  toBase64Url,
  wipe,
  zero32,
} from "@halfkey/crypto";
import { type ItemVersion, OperatorError } from "@halfkey/model";
import type { Keyring } from "../fragment/keyring.ts";
import type { EpochPair } from "../state/epoch-pair.ts";
import type { FragmentRequests } from "../vault-client/fragment-requests.ts";
import { unwrapDataKey, wrapContext } from "./value-versions.ts";

interface Parts {
  keyring: Keyring;
  fragments: FragmentRequests;
}

/**
 * A version's data key under another record id, other epochs, or both. The value is not touched.
 *
 * @throws {OperatorError} `E_KEY`, `E_TAG`, `E_FORMAT` for a wrap that does not open; `E_EPOCH`; `E_VAULT`
 */
export async function rewrapVersion(
  parts: Parts,
  from: Buffer,
  to: EpochPair & { id: Buffer },
  version: ItemVersion,
): Promise<ItemVersion> {
  const { keyring } = parts;
  const wrapped = wrapContext(keyring, from, version);
  const dataKey = unwrapDataKey(keyring, wrapped, await agreedShare(parts, wrapped.x));
  try {
    const context: Context = {
      account: keyring.account,
      purpose: purposes.wrap,
      id: to.id,
      version: version.v,
      customerEpoch: to.customerEpoch,
      vaultEpoch: to.vaultEpoch,
      salt: zero32,
    };
    const { dataKey: unused, salt } = freshKeys(keyring.hedge, encodeContext(context), dataKey);
    const x = encodeContext({ ...context, salt });
    const vaultShare = await agreedShare(parts, x);
    const ownShare = keyring.customerShare(context.customerEpoch, x);
    const keys = splitKeys(ownShare, vaultShare, x);
    const wrap = seal(keys, x, dataKey);
    wipe(unused, keys, ownShare, vaultShare);
    const { broken: _, ...whole } = version;
    return { ...whole, wrap: toBase64Url(wrap) };
  } finally {
    wipe(dataKey);
  }
}

/**
 * A share that the vault has given twice, in two requests. The old wrap goes with this: under a share that was wrong
 * once, by whatever defect, the value would be lost for good.
 */
async function agreedShare({ fragments }: Parts, x: Uint8Array): Promise<Buffer> {
  const first = await fragments.share(x);
  const second = await fragments.share(x);
  const isAgreed = equalConstantTime(first, second);
  wipe(second);
  if (!isAgreed) throw new OperatorError("E_VAULT", "the vault gives two different shares for one context");
  return first;
}
