import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { sha256, toBase64Url } from "@halfkey/crypto";
import { fill, temporaryFolder, testKeys, testLog } from "./audit.testing.ts";
import { Audit } from "./audit.ts";
import { segmentFile } from "./audit-folder.ts";
import type { AuditLog } from "./audit-log.ts";
import { type Anchor, type AuditFolderOptions, chooseLog } from "./choose-log.ts";
import { searchAudit } from "./search-audit.ts";

function folderOptions(): AuditFolderOptions {
  return { folder: join(temporaryFolder(), "audit"), keysOf: testKeys(), log: testLog(), sync: false };
}

const anchorOf = ({ k, size, root }: AuditLog): Anchor => ({ k, size, root: toBase64Url(root) });
const emptyAnchor: Anchor = { k: 1, size: 0, root: toBase64Url(sha256(Buffer.alloc(0))) };

test("a first start begins log 1, whether the account's record is there yet or empty", async () => {
  for (const anchor of [undefined, emptyAnchor]) {
    const { log, because } = await chooseLog(folderOptions(), anchor);
    assert.deepEqual([log.k, log.size, because], [1, 0, undefined]);
    await log.close();
  }
});

test("a restart goes on with the log that extends the anchor", async () => {
  const options = folderOptions();
  const first = (await chooseLog(options, undefined)).log;
  await fill(first, 5);
  const anchor = anchorOf(first);
  await fill(first, 5);
  await first.close();
  for (const known of [anchor, anchorOf(first), emptyAnchor, undefined]) {
    const { log, because } = await chooseLog(options, known);
    assert.deepEqual([log.k, log.size, because], [1, 10, undefined]);
    await log.close();
  }
});

test("a log that does not extend the anchor stays as it is, and the next begins", async () => {
  const options = folderOptions();
  const first = (await chooseLog(options, undefined)).log;
  await fill(first, 5);
  await first.close();
  const older = `${options.folder}-older`;
  cpSync(options.folder, older, { recursive: true });
  const again = (await chooseLog(options, undefined)).log;
  await fill(again, 5);
  await again.close();
  const anchor = anchorOf(again);

  // Restored from an older backup.
  const restored = await chooseLog({ ...options, folder: older }, anchor);
  assert.equal(restored.log.k, 2);
  assert.match(restored.because ?? "", /ends at leaf 5, but the account knows 10/);
  await restored.log.close();
  rmSync(older, { recursive: true });

  // Another history of the same length.
  const forked = await chooseLog(options, { ...anchor, root: emptyAnchor.root });
  assert.equal(forked.log.k, 2);
  assert.match(forked.because ?? "", /not those that the account knows/);
  await forked.log.close();
});

test("a folder that lacks the log that the account knows begins behind it", async () => {
  const options = folderOptions();
  const anchor = { ...emptyAnchor, k: 4, size: 100 };
  const { log, because } = await chooseLog(options, anchor);
  assert.equal(log.k, 5);
  assert.match(because ?? "", /log 4/);
  await log.close();
  // The record could not be put yet: the new log is gone on with, not thrown away.
  const again = await chooseLog(options, anchor);
  assert.deepEqual([again.log.k, again.because], [5, undefined]);
  await again.log.close();
});

test("a damaged log is left alone, and the new one says where it is", async () => {
  const options = folderOptions();
  const first = (await chooseLog(options, undefined)).log;
  await fill(first, 5);
  await first.close();
  const file = segmentFile(first.folder, 0);
  const bytes = readFileSync(file);
  bytes[bytes.length - 2000] = (bytes[bytes.length - 2000] ?? 0) ^ 1;
  writeFileSync(file, bytes);
  rmSync(join(first.folder, "resume.json"));

  const audit = new Audit(options);
  const log = await audit.open(anchorOf(first));
  assert.equal(log.k, 2);
  assert.deepEqual(readFileSync(file), bytes);
  const { entries } = await searchAudit(audit.archive, { order: "newest", limit: 1 });
  assert.equal(entries[0]?.op, "log-begun");
  assert.match(String(entries[0]?.because), /leaf 1: the bytes are damaged/);
  assert.equal(await audit.open(anchorOf(first)), log, "asked again, it is the same");
  await audit.stop();
});

test("a log opened while the record was unknown is changed when it turns out not to extend it", async () => {
  const audit = new Audit(folderOptions());
  const first = await audit.open(undefined);
  await audit.recorder.record([{ who: "p-a", op: "read", path: "/a", ok: true }]);
  const second = await audit.open({ ...emptyAnchor, k: 1, size: 77 });
  assert.deepEqual([first.k, second.k], [1, 2]);
  await audit.recorder.record([{ who: "p-a", op: "read", path: "/b", ok: true }]);
  const { entries } = await searchAudit(audit.archive, { order: "oldest", limit: 10 });
  assert.deepEqual(
    entries.map(({ k, op }) => [k, op]),
    [
      [1, "read"],
      [2, "log-begun"],
      [2, "read"],
    ],
  );
  await audit.stop();
});
