import { toHex } from "./buffers.ts";
import { CryptoError } from "./errors.ts";
import { sha256 } from "./primitives.ts";

const begin = "-----BEGIN HALFKEY CUSTOMER FRAGMENT-----";
const end = "-----END HALFKEY CUSTOMER FRAGMENT-----";
const columns = 64;

/** The text of a fragment file around its header text and sealed bytes. */
export function encodeArmour(header: string, sealed: Uint8Array): string {
  return `${begin}\n${header}Check: ${checkOf(header, sealed)}\n\n${wrapped(sealed)}\n${end}\n`;
}

/**
 * Takes the armour off and compares the check sum. CRLF, a BOM and a missing last line feed are tolerated.
 *
 * @throws {CryptoError} `E_FORMAT`: this is no fragment file; `E_CHECK`: it is one, but damaged or cut off.
 */
export function decodeArmour(file: string): { header: string; sealed: Buffer } {
  const lines = file
    .replace(/^\ufeff/, "")
    .replaceAll("\r\n", "\n")
    .split("\n");
  if (lines.shift() !== begin) throw new CryptoError("E_FORMAT", `a fragment file begins with ${begin}`);
  if (lines.at(-1) === "") lines.pop();
  if (lines.pop() !== end) throw damaged();
  const blank = lines.indexOf("");
  if (blank < 2) throw damaged();
  const header = `${lines.slice(0, blank - 1).join("\n")}\n`;
  const body = lines.slice(blank + 1).join("\n");
  const sealed = Buffer.from(body, "base64");
  // Buffer skips what is not base64: only the way back shows whether it did.
  if (wrapped(sealed) !== body || lines[blank - 1] !== `Check: ${checkOf(header, sealed)}`) throw damaged();
  return { header, sealed };
}

function checkOf(header: string, sealed: Uint8Array): string {
  return toHex(sha256(Buffer.from(header), sealed).subarray(0, 8));
}

function wrapped(bytes: Uint8Array): string {
  return (
    Buffer.from(bytes)
      .toString("base64")
      .match(new RegExp(`.{1,${columns}}`, "g")) ?? []
  ).join("\n");
}

function damaged(): CryptoError {
  return new CryptoError("E_CHECK", "the fragment file is damaged");
}
