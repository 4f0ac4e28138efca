import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { type FragmentPayload, randomBytes, toBase64Url, toHex } from "@halfkey/crypto";
import { openFragmentFile, saveFragmentFile } from "./fragment-file.ts";
import { FragmentStore } from "./fragment-store.ts";

const folder = mkdtempSync(join(tmpdir(), "halfkey-fragment-"));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "customer-fragment.pem");
const method = { kind: "keyfile" as const };
const key = async () => Buffer.alloc(32, 7);
const epoch = (e: number) => ({
  e,
  created: "2026-11-24T05:31:13Z",
  parts: { "0": toBase64Url(Buffer.alloc(32, e)) },
});
const payload: FragmentPayload = {
  v: 1,
  fragment: "cf-aaaaaaaaaaaaaaaa",
  account: toHex(randomBytes(16)),
  control: toBase64Url(randomBytes(32)),
  epochs: [epoch(1)],
  vaultEpochs: [{ f: 1, kcv: "01020304" }],
  genesis: toHex(randomBytes(32)),
  instance: {
    id: toHex(randomBytes(16)),
    sign: toBase64Url(randomBytes(32)),
    vault: "https://localhost:1",
    key: toBase64Url(randomBytes(32)),
  },
};

test("a change is on disk, its predecessor beside it until what it holds is destroyed", async () => {
  await saveFragmentFile(file, payload, method, key);
  const store = await FragmentStore.open(file, key);
  await Promise.all([
    store.change((before) => ({ ...before, epochs: [...before.epochs, epoch(2)] })),
    store.change((before) => ({ ...before, epochs: [...before.epochs, epoch(3)] })),
  ]);
  assert.deepEqual((await openFragmentFile(file, key)).payload.epochs, [epoch(1), epoch(2), epoch(3)]);
  assert.deepEqual((await openFragmentFile(`${file}.1`, key)).payload.epochs, [epoch(1), epoch(2)]);
  await store.dropPredecessor();
  assert.equal(existsSync(`${file}.1`), false);
});

test("a change that cannot be leaves the file as it is", async () => {
  await saveFragmentFile(file, payload, method, key);
  const store = await FragmentStore.open(file, key);
  const before = readFileSync(file);
  await assert.rejects(store.change((present) => ({ ...present, epochs: [epoch(2), epoch(1)] })));
  assert.deepEqual(readFileSync(file), before);
  assert.deepEqual(store.payload.epochs, [epoch(1)]);
});

test("another instance or seal since the start is not undone", async () => {
  const store = await FragmentStore.open(file, key);
  await saveFragmentFile(file, payload, { kind: "command" }, key);
  await assert.rejects(
    store.change((present) => present),
    { code: "E_CONFLICT" },
  );
  const other = { ...payload, instance: { ...payload.instance, id: toHex(randomBytes(16)) } };
  await saveFragmentFile(file, other, method, key);
  await assert.rejects(
    store.change((present) => present),
    { code: "E_CONFLICT" },
  );
});
