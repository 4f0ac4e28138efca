import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import * as browser from "./browser.ts";
import type { CryptoErrorCode } from "./errors.ts";
import {
  account,
  codeOfSealedByte,
  flipsOf,
  hex,
  isCode,
  truncationsOf,
  vectors,
} from "./vectors.testing.ts";

const { customer, vault } = vectors.keys;
const { value } = vectors;
const wrap = hex(value.wrap);

async function refuses(code: CryptoErrorCode, run: () => Promise<unknown>): Promise<void> {
  await assert.rejects(run, (error) => isCode(error, code) || assert.fail(`${error} instead of ${code}`));
}

async function openWrap(sealed: Uint8Array): Promise<Uint8Array> {
  const place = { account, purpose: browser.purposes.wrap, id: hex(vectors.ids[0].id), version: 1 };
  const context = browser.sealedContext(sealed, place);
  const { customerEpoch, vaultEpoch } = context;
  const [own, theirs] = [customer[customerEpoch], vault[vaultEpoch]];
  if (own === undefined || theirs === undefined) throw new browser.CryptoError("E_EPOCH", "not loaded");
  const x = browser.encodeContext(context);
  const shares = [
    await browser.customerShare(hex(own), x),
    await browser.vaultShare(hex(theirs), x),
  ] as const;
  return browser.openSealed(await browser.splitKeys(...shares, x), sealed);
}

describe("WebCrypto agrees with the vectors", () => {
  test("shares and split keys", async () => {
    for (const { x, share_c, share_v, okm } of Object.values<Record<string, string>>(vectors.shares)) {
      const bytes = hex(x as string);
      const { customerEpoch, vaultEpoch } = browser.decodeContext(bytes);
      const own = await browser.customerShare(hex(customer[customerEpoch]), bytes);
      const theirs = await browser.vaultShare(hex(vault[vaultEpoch]), bytes);
      assert.equal(browser.toHex(own), share_c);
      assert.equal(browser.toHex(theirs), share_v);
      assert.equal(browser.toHex(await browser.splitKeys(own, theirs, bytes)), okm);
    }
  });

  test("root keys, and every record under them", async () => {
    const { x, share_c, share_v, root } = vectors.roots[2];
    assert.equal(browser.toHex(await browser.rootKey(hex(share_c), hex(share_v), hex(x))), root);
    for (const record of [vectors.record, ...Object.values<Record<string, string>>(vectors.records)]) {
      const sealed = hex(record.sealed);
      const place = { account, purpose: browser.purposes.record, id: hex(record.id), version: 0 };
      const context = browser.encodeContext(browser.sealedContext(sealed, place));
      assert.equal(browser.toHex(context), record.x);
      const plaintext = await browser.openSealed(await browser.rootedKeys(hex(root), context), sealed);
      assert.equal(browser.toHex(plaintext), record.plaintext);
    }
  });

  test("wraps and the blob", async () => {
    const dataKey = await openWrap(wrap);
    assert.equal(browser.toHex(dataKey), value.dek);
    assert.deepEqual(await openWrap(hex(value.rewrap_e2)), dataKey);
    const opened = await browser.openBlob(dataKey, hex(value.blob), value.blob_len, hex(value.blob_sha256));
    assert.equal(browser.toHex(opened), value.value);
  });
});

describe("WebCrypto refuses what the main entry refuses", () => {
  test("every flipped bit and truncation of a wrap", async () => {
    for (const { at, bytes } of flipsOf(wrap)) await refuses(codeOfSealedByte(at), () => openWrap(bytes));
    for (const bytes of truncationsOf(wrap))
      await refuses(bytes.length < 102 ? "E_FORMAT" : "E_TAG", () => openWrap(bytes));
  });

  test("every flipped bit of a blob, lengths that cannot be, another key", async () => {
    const [dataKey, blob, hash] = [hex(value.dek), hex(value.blob), hex(value.blob_sha256)];
    for (const { bytes } of flipsOf(blob)) {
      await refuses("E_BLOB", () => browser.openBlob(dataKey, bytes, value.blob_len, hash));
    }
    for (const length of [-1, 27, 257, Number.NaN]) {
      await refuses("E_FORMAT", () => browser.openBlob(dataKey, blob, length, hash));
    }
    await refuses("E_TAG", () => browser.openBlob(Buffer.alloc(32), blob, value.blob_len, hash));
    await refuses("E_TAG", () => browser.openBlob(dataKey, blob, 28, hash));
  });
});

/** The files that a module loads, types left out: those are gone before anything runs. */
function loadedBy(file: URL, seen = new Map<string, string>()): Map<string, string> {
  if (seen.has(file.href)) return seen;
  const source = readFileSync(file, "utf8");
  seen.set(file.href, source);
  for (const [, specifier] of source.matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from\s+"([^"]+)"/gm)) {
    assert(specifier?.startsWith("./"), `${file.pathname} loads ${specifier}`);
    loadedBy(new URL(specifier as string, file), seen);
  }
  return seen;
}

test("the browser's modules load no node: module and name no Buffer or process", () => {
  const files = loadedBy(new URL("browser.ts", import.meta.url));
  assert(files.size >= 6, "the walk must have found the shared layouts");
  for (const [file, source] of files) {
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    assert.doesNotMatch(code, /\bBuffer\b|\bprocess\b|\brequire\(|\bimport\(|"node:/, file);
  }
  assert.throws(() => loadedBy(new URL("index.ts", import.meta.url)), /loads node:/);
});
