import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toCrockford } from "./crockford.ts";
import { enrolmentCodeHash, generateEnrolmentCode } from "./enrolment-code.ts";
import { decodes, hex, refuses, vectors } from "./vectors.testing.ts";

test("Crockford's base32 agrees with the paper shares of the vectors", () => {
  for (const { y, x, text } of vectors.paper.shares) {
    const bytes = Buffer.concat([hex(vectors.paper.set), Buffer.of(vectors.paper.threshold, x), hex(y)]);
    // The last four bytes are the check sum: all characters before them must agree.
    assert.equal(toCrockford(bytes).slice(0, 60), text.replace("HKS1-", "").replaceAll("-", "").slice(0, 60));
  }
});

test("codes have their form, do not repeat, and hash to 32 bytes", () => {
  const codes = Array.from({ length: 100 }, generateEnrolmentCode);
  for (const code of codes) assert.match(code, /^hke1-[0-9A-HJKMNP-TV-Z]{26}$/);
  assert.equal(new Set(codes.map((code) => enrolmentCodeHash(code).toString("hex"))).size, 100);
  assert.equal(enrolmentCodeHash(codes[0] as string).length, 32);
});

test("what people do when they copy makes no difference", () => {
  const code = "hke1-10ABCDEFGH10JKMNPQRST10VWC";
  const hash = enrolmentCodeHash(code);
  const copies = [
    code.toLowerCase(),
    code.toUpperCase(),
    "hke1-IOABCDEFGHlojkmnpqrstLovwc",
    "HKEl-10abcdefghi0jkmnpqrsti0vwc",
  ];
  for (const copy of copies) assert.deepEqual(enrolmentCodeHash(copy), hash, copy);
});

test("everything else is refused", () => {
  const code = "hke1-10ABCDEFGH10JKMNPQRST10VWC";
  const bad = [
    "",
    code.slice(5),
    `${code}0`,
    code.slice(0, -1),
    ` ${code}`,
    code.replace("A", "U"),
    code.replace("A", "-"),
    code.replace(/C$/, "D"),
    code.replace("hke1", "hke2"),
    code.replace("S", "\u017f"),
  ];
  for (const text of bad) refuses("E_FORMAT", () => enrolmentCodeHash(text), text);
  fc.assert(fc.property(fc.string(), (text) => decodes(() => enrolmentCodeHash(`hke1-${text}`))));
});
