import assert from "node:assert/strict";
import { utimesSync } from "node:fs";
import { test } from "node:test";
import { testAudit, testEntry, testLog } from "./audit.testing.ts";
import { segmentFile, segmentsIn } from "./audit-folder.ts";
import { keepMs, pruneAudit } from "./prune-audit.ts";

const day = 24 * 60 * 60 * 1000;

test("segments go when the next was begun 90 days ago, the last one never", async () => {
  const audit = testAudit();
  const log = await audit.open({ segmentBytes: 2000 });
  const now = Date.now();
  for (const age of [200, 150, 95, 80, 0]) {
    const time = now - age * day;
    for (let at = 0; at < 3; at += 1) await log.append([testEntry(at, time)], time);
  }
  const firsts = await segmentsIn(log.folder);
  await pruneAudit(audit.archiveOf(log), testLog(), now);
  const left = await segmentsIn(log.folder);
  assert(left.length < firsts.length);
  assert.deepEqual(left, firsts.slice(-left.length), "the oldest went");
  // The one before the entries of 80 days ago may still hold some that are kept.
  assert.deepEqual(left.length, 3);
  await pruneAudit(audit.archiveOf(log), testLog(), now + keepMs * 20);
  assert.deepEqual(await segmentsIn(log.folder), left, "a clock that jumps ahead takes nothing with it");
  const last = left.at(-1) ?? 0;
  utimesSync(segmentFile(log.folder, last), now / 1000 + keepMs, now / 1000 + keepMs);
  await pruneAudit(audit.archiveOf(log), testLog(), now + keepMs * 20);
  assert.deepEqual(await segmentsIn(log.folder), [last]);
  await log.close();
});
