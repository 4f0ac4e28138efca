import { fromBase64Url, fromHex, keyCheckContext } from "./buffers.ts";
import { requireLength, utf8 } from "./bytes.ts";
import { purposes } from "./context.ts";
import { CryptoError } from "./errors.ts";
import { decodeArmour, encodeArmour } from "./fragment-armour.ts";
import { type FragmentHeader, headerText, parseHeader } from "./fragment-header.ts";
import { type FragmentPayload, parseFragmentPayload } from "./fragment-payload.ts";
import { sha256, wipe } from "./primitives.ts";
import { openRooted, sealRooted } from "./rooted-seal.ts";
import type { SealMethod } from "./seal-method.ts";
import { customerShare, keyCheckValue } from "./share.ts";

/** Gives the 32-byte key that a file was sealed with: from a passphrase, a key file or a command. */
export type UnsealKey = (method: SealMethod) => Promise<Uint8Array>;

/** Seals the customer keyring into the text of its file. @throws {CryptoError} `E_FORMAT` for a payload that is none. */
export function encodeFragmentFile(
  payload: FragmentPayload,
  method: SealMethod,
  key: Uint8Array,
  written: Date,
): string {
  requireLength("key", key, 32);
  const plaintext = utf8(JSON.stringify(payload));
  try {
    const seconds = `${written.toISOString().slice(0, 19)}Z`;
    const header = headerText(headerOf(parseFragmentPayload(plaintext), method, seconds));
    parseHeader(header);
    return encodeArmour(
      header,
      sealRooted({ ...placeOf(header, payload.account), ...noEpochs }, key, plaintext),
    );
  } finally {
    wipe(plaintext);
  }
}

/**
 * What the file says about itself, after its check sum and seal method. Needs no key, so a damaged file is told
 * from a wrong passphrase before anybody is asked for one.
 *
 * @throws {CryptoError} `E_FORMAT`, `E_CHECK`
 */
export function readFragmentHeader(text: string): FragmentHeader {
  return parseHeader(decodeArmour(text).header);
}

/**
 * Opens a fragment file. The header is part of the seal's context, so an edited one opens as badly as a wrong key;
 * the header must also agree with the payload.
 *
 * @throws {CryptoError} `E_CHECK`: damaged; `E_KEY`: wrong key, or an edited header; `E_TAG`; `E_FORMAT`.
 */
export async function decodeFragmentFile(
  text: string,
  key: UnsealKey,
): Promise<{ payload: FragmentPayload; header: FragmentHeader }> {
  const armour = decodeArmour(text);
  const header = parseHeader(armour.header);
  const root = await key(header.seal);
  const { plaintext } = openRooted(placeOf(armour.header, header.account), armour.sealed, () => root);
  try {
    const payload = parseFragmentPayload(plaintext);
    if (headerText(headerOf(payload, header.seal, header.written)) !== armour.header) {
      throw new CryptoError("E_FORMAT", "the fragment file's header contradicts its content");
    }
    return { payload, header };
  } finally {
    wipe(plaintext);
  }
}

const noEpochs = { customerEpoch: 0, vaultEpoch: 0 };

function placeOf(header: string, account: string) {
  return { account: fromHex(account, 16), purpose: purposes.fragmentFile, id: sha256(Buffer.from(header)) };
}

function headerOf(payload: FragmentPayload, seal: SealMethod, written: string): FragmentHeader {
  const { fragment, account, instance, epochs, vaultEpochs } = payload;
  return {
    fragment,
    account,
    instance: instance.id,
    epochs: epochs.map(({ e, created, parts }) => ({ e, created, kcv: customerKcv(account, e, parts["0"]) })),
    vaultEpochs: vaultEpochs.map(({ f, kcv }) => ({ f, kcv })),
    written,
    seal,
  };
}

function customerKcv(account: string, epoch: number, key: string): string {
  const bytes = fromBase64Url(key, 32);
  const share = customerShare(bytes, keyCheckContext(fromHex(account, 16), epoch, 0));
  wipe(bytes);
  return keyCheckValue(share);
}
