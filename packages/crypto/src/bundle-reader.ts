import { createHash } from "node:crypto";
import { fromBase64Url, fromHex } from "./buffers.ts";
import type { BundleEnd, BundleHeader } from "./bundle-writer.ts";
import { CryptoError } from "./errors.ts";
import {
  type FragmentPayload,
  fragmentIdForm,
  keyCheckValueForm,
  parseFragmentPayload,
  timeForm,
} from "./fragment-payload.ts";
import { parseId } from "./identifiers.ts";

/** One line of a bundle's plaintext, in the order in which they may come. */
export type BundleLine =
  | { header: BundleHeader }
  | { fragment: FragmentPayload }
  | { checkpoint: Buffer }
  | { entry: Buffer }
  /** [record id, sealed bytes] */
  | { record: [Buffer, Buffer] }
  /** [blob id, ciphertext] */
  | { blob: [Buffer, Buffer] }
  | { end: BundleEnd };

const order = ["header", "fragment", "checkpoint", "entry", "record", "blob", "end"] as const;
const many: readonly string[] = ["entry", "record", "blob"];
/** A blob of the largest value, as base64url, and its braces. */
const lineBytesMax = 2 * 1024 * 1024;

/**
 * Reads a bundle's plaintext line by line, in bounded memory. The end line comes last and only if count and hash of
 * all lines are right: without it nothing before counts. Whose signature it must bear is for the caller to find out.
 *
 * @throws {CryptoError} `E_FORMAT`: a line that cannot be; `E_CHECK`: cut off, or altered.
 */
export async function* readBundle(plaintext: AsyncIterable<Uint8Array>): AsyncGenerator<BundleLine> {
  const hash = createHash("sha256");
  let lines = 0;
  let place = -1;
  let ended = false;
  for await (const bytes of linesOf(plaintext)) {
    if (ended) throw new CryptoError("E_FORMAT", "the bundle goes on behind its end line");
    lines += 1;
    const parsed = parseObject(bytes, lines);
    const kind = kindOf(parsed);
    const next = order.indexOf(kind);
    if (next < place || (next === place && !many.includes(kind)) || (place < 0 && next !== 0))
      throw new CryptoError("E_FORMAT", `bundle line ${lines}: ${kind} does not belong here`);
    place = next;
    if (kind === "end") {
      ended = true;
      yield { end: endOf(parsed, lines, hash.digest()) };
      continue;
    }
    hash.update(bytes).update("\n");
    yield lineOf(kind, parsed, bytes);
  }
  if (!ended) throw new CryptoError("E_CHECK", "the bundle has no end line: it was cut off");
}

async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let pieces: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let feed = chunk.indexOf(10); feed >= 0; feed = chunk.indexOf(10, start)) {
      yield Buffer.concat([...pieces, chunk.subarray(start, feed)]);
      pieces = [];
      length = 0;
      start = feed + 1;
    }
    if (start === chunk.length) continue;
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > lineBytesMax) throw new CryptoError("E_FORMAT", "a bundle line is too long");
  }
  if (length > 0) throw new CryptoError("E_CHECK", "the bundle ends within a line: it was cut off");
}

function parseObject(bytes: Buffer, line: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch {
    // The parser's message would quote the line, which may hold keys.
  }
  throw new CryptoError("E_FORMAT", `bundle line ${line} is no JSON object`);
}

function kindOf(line: Record<string, unknown>): (typeof order)[number] {
  if (Object.hasOwn(line, "halfkey")) return "header";
  const kind = order.find((one) => Object.hasOwn(line, one));
  if (kind === undefined || kind === "header")
    throw new CryptoError("E_FORMAT", "a bundle line of an unknown kind");
  return kind;
}

function lineOf(
  kind: Exclude<(typeof order)[number], "end">,
  line: Record<string, unknown>,
  bytes: Buffer,
): BundleLine {
  switch (kind) {
    case "header":
      return { header: headerOf(line) };
    case "fragment":
      return { fragment: parseFragmentPayload(Buffer.from(JSON.stringify(line.fragment))) };
    case "checkpoint":
      return { checkpoint: fromBase64Url(textOf(line.checkpoint)) };
    case "entry":
      return { entry: fromBase64Url(textOf(line.entry)) };
    case "record":
      return { record: pairOf(line.record, 32) };
    case "blob":
      return { blob: pairOf(line.blob, 16) };
    default:
      throw new RangeError(`a line of ${bytes.length} bytes of no kind`);
  }
}

function headerOf(line: Record<string, unknown>): BundleHeader {
  const { halfkey, account, fragment, instance, created, seq, head, kcv, with: parts, vaultCa } = line;
  if (halfkey !== "backup/1") throw new CryptoError("E_FORMAT", "a bundle of an unknown format");
  parseId(textOf(account));
  parseId(textOf(instance));
  fromHex(textOf(head), 32);
  const { c, v } = (kcv ?? {}) as Record<string, unknown>;
  const isParts =
    Array.isArray(parts) && parts.every((part) => ["fragment", "state", "blobs"].includes(part as string));
  if (
    !fragmentIdForm.test(textOf(fragment)) ||
    !timeForm.test(textOf(created)) ||
    !Number.isSafeInteger(seq) ||
    !isParts ||
    !isKcv(c) ||
    !isKcv(v) ||
    (vaultCa !== undefined && typeof vaultCa !== "string")
  )
    throw new CryptoError("E_FORMAT", "the bundle's first line");
  return line as unknown as BundleHeader;
}

function isKcv(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((text) => typeof text === "string" && keyCheckValueForm.test(text));
}

function endOf(line: Record<string, unknown>, lines: number, hash: Buffer): BundleEnd {
  const { end, sha256, by, sig } = line;
  if (end !== true) throw new CryptoError("E_FORMAT", "the bundle's end line");
  parseId(textOf(by));
  const signature = fromBase64Url(textOf(sig), 64);
  if (line.lines !== lines || textOf(sha256) !== hash.toString("hex"))
    throw new CryptoError("E_CHECK", "the bundle's lines are not those that were written");
  return { hash, by: textOf(by), signature };
}

function textOf(value: unknown): string {
  if (typeof value !== "string") throw new CryptoError("E_FORMAT", "a bundle line lacks a text");
  return value;
}

function pairOf(value: unknown, idLength: number): [Buffer, Buffer] {
  const [id, bytes] = Array.isArray(value) && value.length === 2 ? value : [];
  return [fromBase64Url(textOf(id), idLength), fromBase64Url(textOf(bytes))];
}
