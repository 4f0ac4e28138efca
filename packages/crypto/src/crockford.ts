const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Crockford's base32 without separators; the last character's spare low bits are zero. */
export function toCrockford(bytes: Uint8Array): string {
  let text = "";
  let pending = 0;
  let bits = 0;
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) text += digits[(pending >> (bits - 5)) & 31];
  }
  return bits > 0 ? text + digits[(pending << (5 - bits)) & 31] : text;
}

/** Undoes what people do when they copy: case, O for 0, I and L for 1. The result may still be no base32. */
export function canonicalCrockford(text: string): string {
  return text.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
}
