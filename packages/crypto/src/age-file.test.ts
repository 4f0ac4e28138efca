import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { armor } from "age-encryption";
import { decryptAge, encryptAge, generateAgeIdentity } from "./age-file.ts";
import type { CryptoErrorCode } from "./errors.ts";
import { parseRecipient, recipientOf, recoveryIdentity } from "./recovery-identity.ts";
import { hex, isCode, refuses, vectors } from "./vectors.testing.ts";

const { age } = vectors;
const fixture = JSON.parse(readFileSync(new URL("../vectors/age_fixture.json", import.meta.url), "utf8"));

async function* pieces(bytes: Uint8Array, length = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

const sealed = async (plaintext: Uint8Array, recipient = age.recipient) =>
  buffer(await encryptAge(pieces(plaintext), [recipient]));
const opened = async (file: Uint8Array, identity = age.identity) =>
  buffer(await decryptAge(pieces(file), identity));

function refusesFile(code: CryptoErrorCode, file: Uint8Array, identity = age.identity) {
  return assert.rejects(opened(file, identity), (error) => isCode(error, code) || assert.fail(`${error}`));
}

test("the recovery identity is the seed in bech32, and its recipient that of Go's age", async () => {
  assert.equal(recoveryIdentity(hex(age.seed)), age.identity);
  assert.equal(await recipientOf(age.identity), age.recipient);
  assert.equal(parseRecipient(age.recipient), age.recipient);
  assert.equal(fixture.recipient, age.recipient);
});

test("a file made by Go's age opens", async () => {
  const file = armor.decode(fixture.armored_by_go_age_1_3_2);
  assert.equal((await opened(file)).toString(), fixture.plaintext);
});

test("what is encrypted opens, for each recipient, from nothing to several chunks", async () => {
  const other = await generateAgeIdentity();
  for (const length of [0, 1, 65_536, 65_537, 200_000]) {
    const plaintext = Buffer.alloc(length, length);
    assert.deepEqual(await opened(await sealed(plaintext)), plaintext);
  }
  const both = await buffer(await encryptAge(pieces(Buffer.from("x")), [age.recipient, other.recipient]));
  assert.equal((await opened(both, other.identity)).toString(), "x");
  assert.equal((await opened(both)).toString(), "x");
});

test("another identity is E_KEY; an altered or cut file is E_TAG, or E_FORMAT in its beginning", async () => {
  const file = await sealed(Buffer.alloc(150_000, 7));
  await refusesFile("E_KEY", file, (await generateAgeIdentity()).identity);
  const headerEnd = file.indexOf("\n---") + 48;
  for (const [at, code] of [
    [0, "E_FORMAT"],
    [headerEnd / 2, "E_KEY"],
    [headerEnd - 10, "E_FORMAT"],
  ] as const) {
    const bent = Buffer.from(file);
    bent[Math.floor(at)] = (bent[Math.floor(at)] as number) ^ 1;
    await refusesFile(code, bent);
  }
  for (const at of [headerEnd + 30, 100_000, file.length - 1]) {
    const bent = Buffer.from(file);
    bent[at] = (bent[at] as number) ^ 1;
    await refusesFile("E_TAG", bent);
  }
  // F32: the last chunk is missing, wholly or in part.
  const chunk = 65_536 + 16;
  const body = file.length - 16 - headerEnd;
  const lastChunk = body % chunk;
  for (const cut of [1, 16, lastChunk, lastChunk + 1, lastChunk + chunk])
    await refusesFile("E_TAG", file.subarray(0, file.length - cut));
  await refusesFile("E_TAG", Buffer.concat([file, Buffer.alloc(1)]));
  await refusesFile("E_FORMAT", file.subarray(0, 100));
});

test("a source that fails is told as it failed, not as an altered file", async () => {
  const file = await sealed(Buffer.alloc(150_000, 7));
  const broken = new Error("EIO");
  async function* failing() {
    yield file.subarray(0, 120_000);
    throw broken;
  }
  await assert.rejects(buffer(await decryptAge(failing(), age.identity)), broken);
});

test("texts that are no hybrid identity or recipient are refused and not repeated", async () => {
  const classic = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
  for (const text of ["", "x", classic, age.identity.slice(0, -1), age.identity.replace(/.$/, "Q")]) {
    await assert.rejects(
      recipientOf(text),
      (error) => isCode(error, "E_FORMAT") && !(text.length > 5 && `${error}`.includes(text.slice(-12))),
    );
  }
  const bent = age.recipient.replace(/.$/, age.recipient.endsWith("q") ? "p" : "q");
  for (const text of ["", "age1qqq", bent, age.recipient.slice(0, 1500)])
    refuses("E_FORMAT", () => parseRecipient(text));
});
