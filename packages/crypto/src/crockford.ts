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

/**
 * The bytes of {@link toCrockford}'s text.
 *
 * @returns nothing for a text that is not the one spelling of its bytes.
 */
export function fromCrockford(text: string): Buffer | undefined {
  const bytes = Buffer.allocUnsafeSlow(Math.floor((text.length * 5) / 8));
  let pending = 0;
  let bits = 0;
  let at = 0;
  for (const character of text) {
    const digit = digits.indexOf(character);
    if (digit < 0) return undefined;
    pending = ((pending << 5) | digit) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = pending >> bits;
  }
  // Spare bits and spare characters would be second spellings.
  return at === bytes.length && bits < 5 && (pending & ((1 << bits) - 1)) === 0 ? bytes : undefined;
}

/** Undoes what people do when they copy: case, O for 0, I and L for 1. The result may still be no base32. */
export function canonicalCrockford(text: string): string {
  return text.toUpperCase().replaceAll("O", "0").replace(/[IL]/g, "1");
}
