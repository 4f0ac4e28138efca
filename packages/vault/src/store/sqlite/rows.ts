/** SQLite returns bytes as Uint8Array; a view, without a copy. */
export function bufferOf(value: unknown): Buffer {
  if (!(value instanceof Uint8Array)) throw new RangeError("a column that must hold bytes does not");
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

export function numberOf(value: unknown): number {
  if (typeof value !== "number") throw new RangeError("a column that must hold a number does not");
  return value;
}
