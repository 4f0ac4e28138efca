/** Bundles open with the standard age program, and what it makes opens here (docs/backup.md, "With the standard tool"). */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { decryptAge, encryptAge, generateAgeIdentity } from "@halfkey/crypto/recovery";
import { goAge, goAgeMissing } from "../support/go-age.ts";

const missing = goAgeMissing();
const skip = process.env.CI === "true" ? false : (missing ?? false);

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 5000) yield bytes.subarray(at, at + 5000);
}

test("age and this product open each other's files", { skip }, async () => {
  assert.equal(missing, undefined);
  const age = await goAge();
  const folder = mkdtempSync(join(tmpdir(), "halfkey-age-"));
  try {
    const { identity, recipient } = await generateAgeIdentity();
    const other = await generateAgeIdentity();
    const at = (name: string) => join(folder, name);
    writeFileSync(at("identity"), `# a comment\n${identity}\n`, { mode: 0o600 });
    const plaintext = Buffer.alloc(200_000, "halfkey ");

    writeFileSync(
      at("ours.age"),
      await buffer(await encryptAge(pieces(plaintext), [other.recipient, recipient])),
    );
    const opened = execFileSync(age, ["-d", "-i", at("identity"), at("ours.age")], { maxBuffer: 2 ** 20 });
    assert.deepEqual(opened, plaintext);

    writeFileSync(at("plain"), plaintext);
    execFileSync(age, ["-r", recipient, "-o", at("theirs.age"), at("plain")]);
    const theirs = await decryptAge(pieces(readFileSync(at("theirs.age"))), identity);
    assert.deepEqual(await buffer(theirs), plaintext);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
