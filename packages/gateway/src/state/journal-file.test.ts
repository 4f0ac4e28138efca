import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import {
  buildEntry,
  generateSigningKey,
  type JournalEntry,
  JournalState,
  operations,
  randomBytes,
  toBase64Url,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { JournalFile } from "./journal-file.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "halfkey-journal-"));
  file = join(folder, "journal");
});
afterEach(() => rmSync(folder, { recursive: true }));

const signingKey = generateSigningKey();
const someEntry = (): JournalEntry =>
  buildEntry({
    state: JournalState.empty(randomBytes(16)),
    operations: [{ op: operations.putRecord, id: randomBytes(32), value: randomBytes(32) }],
    time: 1,
    writer: "11".repeat(16),
    signingKey,
  });

test("entries, records and open entries come back as they were written", async () => {
  const [chained, accepted, open] = [someEntry(), someEntry(), someEntry()];
  const id = randomBytes(32);
  const { journal } = await JournalFile.open(file);
  await journal.appendEntries([chained]);
  await journal.appendOpen(accepted, [[id, Buffer.from("old")]]);
  await journal.accept(accepted);
  await journal.appendOpen(open, [[id, Buffer.from("new")]]);
  await journal.close();
  const { journal: again, contents } = await JournalFile.open(file);
  await again.close();
  assert.deepEqual(
    contents.entries.map(({ hash }) => hash),
    [chained.hash, accepted.hash],
  );
  assert.deepEqual(
    contents.open.map(({ hash }) => hash),
    [open.hash],
  );
  assert.equal(contents.records.get(toBase64Url(id))?.toString(), "new");
});

test("a write torn at any byte is cut off, and what was before it stays", async () => {
  const { journal } = await JournalFile.open(file);
  const first = someEntry();
  await journal.appendEntries([first]);
  const whole = journal.length;
  await journal.appendEntries([someEntry()]);
  await journal.close();
  const bytes = readFileSync(file);
  for (let end = whole; end < bytes.length; end += 7) {
    writeFileSync(file, bytes.subarray(0, end));
    const reopened = await JournalFile.open(file);
    assert.deepEqual(
      reopened.contents.entries.map(({ hash }) => hash),
      [first.hash],
    );
    await reopened.journal.appendEntries([first]);
    await reopened.journal.close();
    assert.equal(readFileSync(file).length, 2 * whole);
  }
});

test("damage before the end is refused, never skipped", async () => {
  const { journal } = await JournalFile.open(file);
  await journal.appendEntries([someEntry()]);
  await journal.appendEntries([someEntry()]);
  await journal.close();
  const bytes = readFileSync(file);
  for (const at of [0, 4, 5, 60, 200]) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    writeFileSync(file, damaged);
    await assert.rejects(
      JournalFile.open(file),
      (error) => error instanceof OperatorError && error.code === "E_CHECK",
    );
  }
});
