import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

/** Shorter ones turn up by chance in the base64 of a megabyte of ciphertext. */
const bytesMin = 8;

/** Something that must not be found: its name for people, and its bytes. */
export type Needles = Readonly<Record<string, string | Uint8Array>>;

/** Where to search: a name for people, and bytes. */
export type Haystacks = Readonly<Record<string, Uint8Array>>;

/** @returns one line for each needle that is in a haystack, in whatever form. */
export function findNeedles(needles: Needles, haystacks: Haystacks): string[] {
  const found: string[] = [];
  for (const [name, needle] of Object.entries(needles)) {
    const bytes = Buffer.from(needle as Uint8Array);
    if (bytes.length < bytesMin) throw new RangeError(`needle ${name} is too short to prove anything`);
    for (const [form, text] of Object.entries(formsOf(bytes))) {
      for (const [place, haystack] of Object.entries(haystacks)) {
        if (Buffer.from(haystack.buffer, haystack.byteOffset, haystack.length).includes(text)) {
          found.push(`${name} is in ${place}, ${form}`);
        }
      }
    }
  }
  return found;
}

/** How bytes may stand in a file: as they are, or as part of a larger text that was encoded as a whole. */
export function formsOf(bytes: Buffer): Record<string, Buffer> {
  const text = bytes.toString("utf8");
  const forms: Record<string, Buffer> = {
    raw: bytes,
    "in hex": Buffer.from(bytes.toString("hex")),
    "in capital hex": Buffer.from(bytes.toString("hex").toUpperCase()),
    "in UTF-16": Buffer.from(text, "utf16le"),
    "in JSON": Buffer.from(JSON.stringify(text).slice(1, -1)),
    "in a URL": Buffer.from(encodeURIComponent(text)),
  };
  for (const before of [0, 1, 2]) {
    // Of what stands before and behind, the first and the last character depend too: they are cut off.
    const digits = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    const first = Math.ceil((before * 8) / 6);
    const whole = digits.slice(first, Math.floor(((before + bytes.length) * 8) / 6));
    forms[`in base64, shifted by ${before}`] = Buffer.from(whole);
    forms[`in base64url, shifted by ${before}`] = Buffer.from(
      whole.replaceAll("+", "-").replaceAll("/", "_"),
    );
  }
  return forms;
}

/** Every file below a folder, but for those left out. */
export function filesOf(folder: string, leaveOut: RegExp = /^$/): Record<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter(
    (name) => !leaveOut.test(name) && statSync(join(folder, name)).isFile(),
  );
  return Object.fromEntries(names.map((name) => [join(folder, name), readFileSync(join(folder, name))]));
}
