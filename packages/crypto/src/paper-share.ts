import { combine, split } from "shamir-secret-sharing";
import { copyBuffer } from "./buffers.ts";
import { requireLength } from "./bytes.ts";
import { canonicalCrockford, fromCrockford, toCrockford } from "./crockford.ts";
import { CryptoError } from "./errors.ts";
import { equalConstantTime, randomBytes, sha256, wipe } from "./primitives.ts";

/** One of the m-of-n paper shares of the recovery seed. Fewer than `threshold` of a set tell nothing of the seed. */
export interface PaperShare {
  /** 4 random bytes, equal in all shares of one set: tells which sheets belong together. Not secret. */
  set: Buffer;
  /** How many shares of the set give the seed. */
  threshold: number;
  /** The share's number, 1 to 255. */
  x: number;
  /** 32 bytes, secret. */
  y: Buffer;
}

const prefix = "HKS1";
const at = { threshold: 4, x: 5, y: 6, check: 38, end: 42 } as const;
const characters = 68;

/**
 * Splits a seed into shares of a new set.
 *
 * @param seed 32 bytes; the caller wipes it.
 * @throws {RangeError} unless 2 ≤ threshold ≤ count ≤ 255.
 */
export async function splitSeed(
  seed: Uint8Array,
  { count, threshold }: { count: number; threshold: number },
): Promise<PaperShare[]> {
  requireLength("seed", seed, 32);
  if (!(threshold >= 2 && count >= threshold && count <= 255)) {
    throw new RangeError(`"threshold" and "count" expected 2 <= threshold <= count <= 255`);
  }
  const set = randomBytes(4);
  // The library takes a plain Uint8Array only.
  const plain = new Uint8Array(seed);
  const shares = await split(plain, count, threshold);
  wipe(plain);
  return shares.map((share) => {
    const own = { set, threshold, x: share[32] as number, y: copyBuffer(share.subarray(0, 32)) };
    wipe(share);
    return own;
  });
}

/**
 * The seed that the shares were split from. More than `threshold` are all used, so that each takes part.
 *
 * A wrong share that passes its check sum gives another seed, not an error: compare the recipient.
 *
 * @returns 32 bytes; the caller wipes them.
 * @throws {CryptoError} `E_SHARE` for shares of different sets, or too few.
 */
export async function combineShares(shares: readonly PaperShare[]): Promise<Buffer> {
  const [first] = shares;
  if (first === undefined) throw new CryptoError("E_SHARE", "no paper share was given");
  const { set, threshold } = first;
  const byNumber = new Map<number, PaperShare>();
  for (const share of shares) {
    if (!share.set.equals(set) || share.threshold !== threshold)
      throw new CryptoError("E_SHARE", "the paper shares are of different sets");
    const same = byNumber.get(share.x);
    if (same !== undefined && !equalConstantTime(same.y, share.y))
      throw new CryptoError("E_SHARE", `there are two different shares number ${share.x}`);
    byNumber.set(share.x, share);
  }
  if (byNumber.size < threshold) {
    const have = byNumber.size === 1 ? "1 was" : `${byNumber.size} were`;
    throw new CryptoError("E_SHARE", `this set needs ${threshold} different paper shares; ${have} given`);
  }
  const parts = Array.from(byNumber.values(), ({ x, y }) => Uint8Array.of(...y, x));
  const seed = await combine(parts);
  wipe(...parts);
  const own = copyBuffer(seed);
  wipe(seed);
  return own;
}

/** `HKS1-` and groups of five: what stands on the sheet. */
export function encodePaperShare({ set, threshold, x, y }: PaperShare): string {
  requireLength("set", set, 4);
  requireLength("share", y, 32);
  const body = Buffer.concat([set, Buffer.of(threshold, x), y]);
  const bytes = Buffer.concat([body, sha256(body).subarray(0, 4)]);
  const groups = toCrockford(bytes).match(/.{1,5}/g) ?? [];
  wipe(body, bytes);
  return [prefix, ...groups].join("-");
}

/**
 * Reads what somebody typed: case, hyphens, spaces, O for 0 and I or L for 1 make no difference.
 *
 * @throws {CryptoError} `E_SHARE`: mistyped or damaged. The message never repeats what was typed.
 */
export function decodePaperShare(text: string): PaperShare {
  // ASCII first: toUpperCase would turn some foreign letters into ours.
  const typed = /^[\sA-Za-z0-9-]*$/.test(text) ? canonicalCrockford(text.replace(/[\s-]/g, "")) : "";
  if (!typed.startsWith(prefix)) throw new CryptoError("E_SHARE", `a paper share begins with ${prefix}-`);
  const digits = typed.slice(prefix.length);
  if (digits.length !== characters) {
    throw new CryptoError(
      "E_SHARE",
      `a paper share has ${characters} characters after ${prefix}, and ${digits.length} were given`,
    );
  }
  const bytes = fromCrockford(digits);
  const body = bytes?.subarray(0, at.check);
  if (
    bytes === undefined ||
    body === undefined ||
    !equalConstantTime(sha256(body).subarray(0, 4), bytes.subarray(at.check, at.end))
  )
    throw new CryptoError("E_SHARE", "the paper share's check sum is wrong: a character was mistyped");
  const threshold = body[at.threshold] as number;
  const x = body[at.x] as number;
  if (threshold < 2 || x === 0) throw new CryptoError("E_SHARE", "no paper share has these numbers");
  const share = {
    set: copyBuffer(body.subarray(0, at.threshold)),
    threshold,
    x,
    y: copyBuffer(body.subarray(at.y)),
  };
  wipe(bytes);
  return share;
}
