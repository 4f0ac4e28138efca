import { isUtf8 } from "node:buffer";
import { asBuffer } from "./buffers.ts";
import { CryptoError } from "./errors.ts";

export const recordBytesMax = 262_144;
const paddedBytesMin = 512;
const space = 0x20;

/** JSON padded with spaces to the next power of two of at least 512 bytes. @throws {RangeError} above 262,144. */
export function padJson(content: object): Buffer {
  return padJsonText(JSON.stringify(content));
}

/** The same for JSON that is text already. */
export function padJsonText(json: string): Buffer {
  const length = Buffer.byteLength(json);
  let padded = paddedBytesMin;
  while (padded < length) padded *= 2;
  if (padded > recordBytesMax)
    throw new RangeError(`a record may have ${recordBytesMax} bytes, has ${length}`);
  const bytes = Buffer.alloc(padded, space);
  bytes.write(json);
  return bytes;
}

/** @throws {CryptoError} `E_FORMAT` unless the bytes are UTF-8 and JSON. */
export function parsePaddedJson(bytes: Uint8Array): unknown {
  // toString would turn broken UTF-8 into replacement characters in silence.
  if (!isUtf8(bytes)) throw new CryptoError("E_FORMAT", "not UTF-8");
  try {
    return JSON.parse(asBuffer(bytes).toString());
  } catch {
    // The parser's own message quotes the text, which is secret here.
    throw new CryptoError("E_FORMAT", "not JSON");
  }
}

/** As {@link parsePaddedJson}, for what must be one JSON object. */
export function parseJsonObject(bytes: Uint8Array): Record<string, unknown> {
  const content = parsePaddedJson(bytes);
  if (typeof content !== "object" || content === null || Array.isArray(content)) {
    throw new CryptoError("E_FORMAT", "not a JSON object");
  }
  return content as Record<string, unknown>;
}
