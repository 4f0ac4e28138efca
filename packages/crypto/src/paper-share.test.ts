import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { fromCrockford, toCrockford } from "./crockford.ts";
import type { CryptoError } from "./errors.ts";
import {
  combineShares,
  decodePaperShare,
  encodePaperShare,
  type PaperShare,
  splitSeed,
} from "./paper-share.ts";
import { decodes, flipsOf, hex, isCode, refuses, vectors } from "./vectors.testing.ts";

const { paper } = vectors;
const texts: string[] = paper.shares.map(({ text }: { text: string }) => text);
const seed = hex(paper.seed);

async function refusesShares(shares: PaperShare[]) {
  await assert.rejects(combineShares(shares), (error) => isCode(error, "E_SHARE") || assert.fail(`${error}`));
}

test("the shares of the vectors are read and written, and any three give the seed", async () => {
  const shares = texts.map(decodePaperShare);
  for (const [at, share] of shares.entries()) {
    const { x, y } = paper.shares[at];
    assert.deepEqual(share, { set: hex(paper.set), threshold: paper.threshold, x, y: hex(y) });
    assert.equal(encodePaperShare(share), texts[at]);
  }
  for (let one = 0; one < 5; one += 1)
    for (let two = one + 1; two < 5; two += 1)
      for (let three = two + 1; three < 5; three += 1) {
        const chosen = [three, one, two].map((at) => shares[at] as PaperShare);
        assert.deepEqual(await combineShares(chosen), seed);
      }
  assert.deepEqual(await combineShares(shares), seed);
});

test("any m of n give the seed, fewer are refused", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.integer({ min: 2, max: 8 }),
      fc.nat(8),
      fc.infiniteStream(fc.nat()),
      async (secret, threshold, more, order) => {
        const all = await splitSeed(secret, { count: threshold + more, threshold });
        const keys = new Map(all.map((share) => [share, order.next().value]));
        const shuffled = all.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0));
        const typed = shuffled.map((share) => decodePaperShare(encodePaperShare(share)));
        assert.deepEqual(await combineShares(typed.slice(0, threshold)), Buffer.from(secret));
        await refusesShares(typed.slice(0, threshold - 1));
        // The same sheet twice is still one share.
        await refusesShares(typed.slice(0, threshold - 1).concat(typed.slice(0, 1)));
      },
    ),
    { numRuns: 50 },
  );
});

test("m - 1 shares fit every seed: they tell nothing", async () => {
  // Over GF(2^8), one share of 2-of-n and a guessed seed fix the other shares: each guess is as good as another.
  const [one, two] = await splitSeed(seed, { count: 2, threshold: 2 });
  assert(one && two);
  const seen = new Set<string>();
  for (let guess = 0; guess < 256; guess += 1) {
    const forged = { ...two, y: Buffer.from(two.y.map((byte) => byte ^ guess)) };
    const found = await combineShares([one, forged]);
    seen.add(found.toString("hex", 0, 1));
  }
  assert.equal(seen.size, 256);
});

test("shares of two sets, or two thresholds, or two of one number are not mixed", async () => {
  const [one] = await splitSeed(seed, { count: 3, threshold: 2 });
  const [, two] = await splitSeed(seed, { count: 3, threshold: 2 });
  assert(one && two);
  await refusesShares([one, two]);
  await refusesShares([one, { ...two, set: one.set, threshold: 3 }]);
  await refusesShares([one, { ...one, y: two.y }]);
  await refusesShares([]);
});

test("what people do when they copy makes no difference", () => {
  const [text] = texts as [string];
  const share = decodePaperShare(text);
  const copies = [
    text.toLowerCase(),
    text.replaceAll("-", ""),
    text.replaceAll("-", " "),
    `  ${text}\n`,
    text.replaceAll("0", "O").replaceAll("1", "l"),
    text.replace(/(.{20})/, "$1\n"),
  ];
  for (const copy of copies) assert.deepEqual(decodePaperShare(copy), share, copy);
});

test("every flipped bit and every wrong character is E_SHARE, and no message repeats the share", () => {
  const text = texts[0] as string;
  const bytes = fromCrockford(text.slice(5).replaceAll("-", ""));
  assert(bytes);
  for (const { bytes: bent, at } of flipsOf(bytes))
    refuses("E_SHARE", () => decodePaperShare(`HKS1-${toCrockford(bent)}`), `byte ${at}`);
  for (let at = 5; at < text.length; at += 1) {
    if (text[at] === "-") continue;
    const other = text[at] === "7" ? "8" : "7";
    const typed = text.slice(0, at) + other + text.slice(at + 1);
    assert.throws(
      () => decodePaperShare(typed),
      (error) => isCode(error, "E_SHARE") && !(error as CryptoError).message.includes(typed.slice(5, 10)),
    );
  }
  for (const wrong of [
    "",
    "HKS1-",
    text.slice(1),
    `${text}0`,
    text.slice(0, -1),
    text.replace("HKS1", "HKS2"),
  ])
    refuses("E_SHARE", () => decodePaperShare(wrong), wrong);
  fc.assert(fc.property(fc.string(), (random) => decodes(() => decodePaperShare(`HKS1-${random}`))));
});

test("a set has at least two of at most 255 shares", async () => {
  for (const size of [
    { count: 1, threshold: 1 },
    { count: 3, threshold: 1 },
    { count: 2, threshold: 3 },
    { count: 256, threshold: 2 },
  ])
    await assert.rejects(splitSeed(seed, size), RangeError);
});

test("Crockford's base32 has one spelling", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const text = toCrockford(bytes);
      assert.deepEqual(fromCrockford(text), Buffer.from(bytes));
      assert.equal(fromCrockford(`${text}!`), undefined);
    }),
  );
  assert.equal(fromCrockford("ZZ"), undefined);
  assert.equal(fromCrockford("0"), undefined);
});
