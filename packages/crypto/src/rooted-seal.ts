import { encodeContext } from "./buffers.ts";
import { zero32 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { freshKeys } from "./keys.ts";
import { randomBytes, wipe } from "./primitives.ts";
import { openSealed, seal, sealedContext } from "./seal.ts";
import { rootedKeys } from "./share.ts";

/** Gives the root key of a pair of epochs, or nothing where one of them is not loaded. */
export type RootOf = (customerEpoch: number, vaultEpoch: number) => Uint8Array | undefined;

export interface RootedPlace {
  account: Uint8Array;
  purpose: number;
  id: Uint8Array;
  customerEpoch: number;
  vaultEpoch: number;
}

/** Seals under a root key; with a hedge key the salt also depends on the content. */
export function sealRooted(
  place: RootedPlace,
  root: Uint8Array,
  plaintext: Uint8Array,
  hedge?: Uint8Array,
): Buffer {
  const unsalted = { ...place, version: 0, salt: zero32 };
  let salt: Uint8Array;
  if (hedge === undefined) salt = randomBytes(32);
  else {
    const fresh = freshKeys(hedge, encodeContext(unsalted), plaintext);
    wipe(fresh.dataKey);
    salt = fresh.salt;
  }
  const x = encodeContext({ ...unsalted, salt });
  const okm = rootedKeys(root, x);
  const sealed = seal(okm, x, plaintext);
  wipe(okm);
  return sealed;
}

/** @throws {CryptoError} `E_FORMAT`, `E_EPOCH` (rootOf gave nothing), `E_KEY`, `E_TAG`. */
export function openRooted(
  place: { account: Uint8Array; purpose: number; id: Uint8Array },
  sealed: Uint8Array,
  rootOf: RootOf,
): { plaintext: Buffer; customerEpoch: number; vaultEpoch: number } {
  const context = sealedContext(sealed, { ...place, version: 0 });
  const { customerEpoch, vaultEpoch } = context;
  const root = rootOf(customerEpoch, vaultEpoch);
  if (root === undefined) {
    throw new CryptoError(
      "E_EPOCH",
      `epochs ${customerEpoch} (customer) and ${vaultEpoch} (vault) are not both loaded`,
    );
  }
  const okm = rootedKeys(root, encodeContext(context));
  try {
    return { plaintext: openSealed(okm, sealed), customerEpoch, vaultEpoch };
  } finally {
    wipe(okm);
  }
}
