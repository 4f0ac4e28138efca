import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { CallerError } from "./errors.ts";
import { parseFolder, parseItemPath, parseRecordName } from "./item-path.ts";

const vectors = JSON.parse(
  readFileSync(new URL("../../crypto/vectors/vectors.json", import.meta.url), "utf8"),
);

const refuses = (run: () => unknown) =>
  assert.throws(run, (error) => error instanceof CallerError && error.code === "E_PATH");

describe("paths agree with the vectors", () => {
  for (const { in: text, out, utf8 } of vectors.paths.valid) {
    test(`accepts ${JSON.stringify(text)}`, () => {
      const path = parseItemPath(text);
      assert.equal(path, out);
      assert.equal(Buffer.from(path).toString("hex"), utf8);
    });
  }
  for (const { in: text, why } of vectors.paths.invalid) {
    test(`refuses ${JSON.stringify(text.slice(0, 40))}: ${why}`, () => refuses(() => parseItemPath(text)));
  }
  for (const { in: text, out } of vectors.names) {
    test(`name ${text}`, () => assert.equal(parseRecordName(text), out));
  }
  for (const text of vectors.names_invalid) {
    test(`refuses name ${JSON.stringify(text)}`, () => refuses(() => parseRecordName(text)));
  }
});

test("half a surrogate pair is refused, whatever stands around it", () => {
  refuses(() => parseItemPath("/a/\ud800"));
  refuses(() => parseItemPath("/\udc00b"));
});

test("a folder may carry one trailing slash and is the root when empty", () => {
  assert.equal(parseFolder(""), "/");
  assert.equal(parseFolder("/"), "/");
  assert.equal(parseFolder("/mdapi/joplin"), "/mdapi/joplin/");
  assert.equal(parseFolder("mdapi/joplin/"), "/mdapi/joplin/");
  refuses(() => parseFolder("/mdapi//"));
});

test("what no composition can bring below the limit is refused before it is composed", () => {
  // Sorting these marks takes a minute.
  const began = performance.now();
  refuses(() => parseItemPath(`/a${"\u0301\u0316".repeat(200_000)}`));
  assert(performance.now() - began < 1000);
});

test("no spelling of a legal path is refused for its length", () => {
  const limit = 3 * 255 + 4;
  for (const letter of ["\u01d6", "\u1f82", "\ud55c", "\u{1109a}", "e"]) {
    const segment = letter.repeat(Math.floor(250 / Buffer.byteLength(letter)));
    const path = `/${segment}/${segment}/${segment}`;
    assert(Buffer.byteLength(path) < limit);
    assert.equal(parseItemPath(path.normalize("NFD")), path.normalize("NFC"));
  }
});

test("a refusal shows what cannot be seen by its number", () => {
  for (const [char, shown] of [
    ["\u202e", "\\u202e"],
    ["\u200b", "\\u200b"],
    ["\u009b", "\\u009b"],
    ["\u{e0041}", "\\udb40\\udc41"],
    ["\u2028", "\\u2028"],
    ["\n", "\\n"],
  ] as const) {
    assert.throws(() => parseItemPath(`/a${char}b`), {
      message: new RegExp(`^path "/a${RegExp.escape(shown)}b" `),
    });
  }
});

const anyText = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.string({ unit: "grapheme" }));

test("canonical paths are fixed points, and every other text is refused as a path error", () => {
  fc.assert(
    fc.property(fc.array(anyText, { maxLength: 5 }), (parts) => {
      const text = parts.join("/");
      let path: string;
      try {
        path = parseItemPath(text);
      } catch (error) {
        assert(error instanceof CallerError && error.code === "E_PATH");
        return;
      }
      assert.equal(parseItemPath(path), path);
      assert(path.startsWith("/") && !path.includes("//") && !path.endsWith("/"));
    }),
    { numRuns: 2000 },
  );
});

test("the quick way for plain paths decides as the slow one", () => {
  const piece = fc.string({
    unit: fc.constantFrom("a", ".", "+", "/", "*", " ", "{", "-", "\\"),
    maxLength: 8,
  });
  fc.assert(
    fc.property(piece, (text) => {
      const outcome = (whole: string) => {
        try {
          return parseItemPath(whole);
        } catch {
          return undefined;
        }
      };
      // A combining mark in a first segment of its own forces the slow way for the same rest.
      const slow = outcome(`/e\u0301/${text}`);
      const quick = outcome(`/e/${text}`);
      assert.equal(quick?.slice(3), slow?.slice(3));
    }),
    { numRuns: 3000 },
  );
});
