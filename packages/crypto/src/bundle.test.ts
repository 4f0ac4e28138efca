import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type BundleLine, readBundle } from "./bundle-reader.ts";
import { BundleWriter, bundleName, parseBundleName, verifyBundleEnd } from "./bundle-writer.ts";
import { CryptoError, type CryptoErrorCode } from "./errors.ts";
import { signingKeyFromSeed } from "./signing.ts";
import { isCode, vectors } from "./vectors.testing.ts";

const { bundle, fragment_file: file } = vectors;
const payload = JSON.parse(file.payload);
const text: string = bundle.plaintext;
const key = signingKeyFromSeed(Buffer.from(payload.instance.sign, "base64url"));

async function* pieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

function linesOf(plaintext: string | Buffer, length = 100): Promise<BundleLine[]> {
  return Array.fromAsync(readBundle(pieces(Buffer.from(plaintext), length)));
}

function refuses(code: CryptoErrorCode, plaintext: string | Buffer, what = "") {
  return assert.rejects(
    linesOf(plaintext),
    (error) => isCode(error, code) || assert.fail(`${what}: ${error}`),
  );
}

test("the bundle of the vectors is read, and its signature is the instance's", async () => {
  for (const length of [1, 7, 100_000]) {
    const [first, second, last, ...more] = await linesOf(text, length);
    assert(first && "header" in first && second && "fragment" in second && last && "end" in last);
    assert.deepEqual(more, []);
    assert.deepEqual(second.fragment, payload);
    assert.equal(first.header.seq, 7);
    assert.equal(bundleName(first.header), bundle.name);
    assert.equal(last.end.by, payload.instance.id);
    assert(verifyBundleEnd(last.end, key.publicKey));
    assert(!verifyBundleEnd(last.end, signingKeyFromSeed(Buffer.alloc(32)).publicKey));
  }
});

test("it is written byte for byte", () => {
  const [header, fragment] = text.split("\n").map((line) => line && JSON.parse(line));
  const writer = new BundleWriter();
  const lines = [writer.line(header), writer.line(fragment), writer.end(payload.instance.id, key)];
  assert.equal(Buffer.concat(lines).toString(), text);
});

test("cut off anywhere, or with a flipped bit, it never ends with a valid signature", async () => {
  for (let length = 0; length < text.length; length += 1)
    await assert.rejects(linesOf(text.slice(0, length), 4096), CryptoError);
  const bytes = Buffer.from(text);
  const [, , last] = await linesOf(text);
  assert(last && "end" in last);
  for (let at = 0; at < bytes.length; at += 1) {
    const bent = Buffer.from(bytes);
    bent[at] = (bent[at] as number) ^ (1 << (at % 8));
    const found = await linesOf(bent, 4096).catch((error) => {
      assert(error instanceof CryptoError, `byte ${at}: ${error}`);
      return [];
    });
    const end = found.at(-1);
    // What is left are the signer's name and the signature themselves.
    if (end && "end" in end && end.end.by === last.end.by)
      assert(!verifyBundleEnd(end.end, key.publicKey), `byte ${at}`);
  }
});

test("lines in another order, twice, behind the end or of no kind are refused", async () => {
  const [header = "", fragment = "", end = ""] = text.split("\n");
  await refuses("E_FORMAT", `${fragment}\n${header}\n${end}\n`);
  await refuses("E_FORMAT", `${header}\n${header}\n${end}\n`);
  await refuses("E_FORMAT", `${header}\n${fragment}\n${fragment}\n${end}\n`);
  await refuses("E_FORMAT", `${text}${fragment}\n`);
  await refuses("E_FORMAT", `${header}\n{"other":1}\n${end}\n`);
  await refuses("E_FORMAT", `${header}\n[]\n`);
  await refuses("E_FORMAT", `${header}\n{"record":["AA","AA"]}\n`);
  await refuses("E_FORMAT", `${header}\n{"entry":7}\n`);
  await refuses("E_FORMAT", `${header.replace("backup/1", "backup/2")}\n`);
  await refuses("E_CHECK", `${header}\n${fragment}\n`);
  await refuses("E_CHECK", `${header}\n${end}\n`, "a line is missing");
  await refuses("E_FORMAT", "x".repeat(3 * 1024 * 1024));
});

test("random text is refused with a code", () =>
  fc.assert(
    fc.asyncProperty(fc.string(), async (random) => {
      await assert.rejects(linesOf(random), CryptoError);
      const at = text.indexOf("\n") + 1;
      await assert.rejects(linesOf(`${text.slice(0, at)}${random}\n${text.slice(at)}`), CryptoError);
    }),
  ));

test("names of bundles", () => {
  assert.deepEqual(parseBundleName(bundle.name), { fragment: payload.fragment, seq: 7, head8: "0a715ecc" });
  for (const other of ["x.age", `../${bundle.name}`, `${bundle.name}.tmp`, bundle.name.replace("-7-", "--")])
    assert.equal(parseBundleName(other), undefined);
});
