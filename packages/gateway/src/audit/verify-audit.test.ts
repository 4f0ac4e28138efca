import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { toBase64Url } from "@halfkey/crypto";
import { fill, testAudit, testEntry, testKeys, testLog } from "./audit.testing.ts";
import { AuditArchive } from "./audit-archive.ts";
import { checkpointsFile, resumeFile, segmentFile, segmentsIn } from "./audit-folder.ts";
import type { AuditLog } from "./audit-log.ts";
import type { Anchor } from "./choose-log.ts";
import { encodeFrames, frameTypes } from "./leaf-frames.ts";
import { openLog } from "./open-log.ts";
import { type AuditProblem, verifySegment } from "./verify-audit.ts";

/** All problems that a walk through all segments finds, and the number of leaves it read. */
async function verify(
  archive: AuditArchive,
  log: { k: number; size: number; root: Buffer },
  anchor?: Anchor,
): Promise<{ problems: AuditProblem[]; leaves: number; checkpoints: number }> {
  const found = { problems: [] as AuditProblem[], leaves: 0, checkpoints: 0 };
  const { k, size, root } = log;
  for (let from: { k: number; index: number } | undefined; ; ) {
    const verdict = await verifySegment(archive, { k, size, root, anchor }, from);
    assert(verdict !== undefined);
    found.leaves += verdict.leaves;
    found.checkpoints += verdict.checkpoints;
    if (verdict.problem !== undefined) found.problems.push(verdict.problem);
    if (verdict.next === undefined) return found;
    from = verdict.next;
  }
}

const leafBytes = 614 + 9;

/** Ten leaves in one segment, a checkpoint after 4 and after 8, and the anchor of 6. */
async function written() {
  const audit = testAudit();
  const log = await audit.open();
  await fill(log, 4);
  await log.checkpoint();
  await fill(log, 2);
  const anchor: Anchor = { k: 1, size: log.size, root: toBase64Url(log.root) };
  await fill(log, 2);
  await log.checkpoint();
  await fill(log, 2);
  const file = segmentFile(log.folder, 0);
  const bytes = readFileSync(file);
  const headBytes = bytes.length - 10 * leafBytes;
  const leaf = (index: number) =>
    bytes.subarray(headBytes + index * leafBytes, headBytes + (index + 1) * leafBytes);
  const rewrite = (...leaves: Uint8Array[]) =>
    writeFileSync(file, Buffer.concat([bytes.subarray(0, headBytes), ...leaves]));
  const check = () => verify(audit.archiveOf(log), log, anchor);
  return { audit, log, file, bytes, headBytes, leaf, rewrite, check, anchor };
}

const order = (leaf: (index: number) => Buffer, ...indexes: number[]) => indexes.map(leaf);

describe("verify", () => {
  test("is content with what was written", async () => {
    const { check, log } = await written();
    assert.deepEqual(await check(), { problems: [], leaves: 10, checkpoints: 2 });
    await log.close();
  });

  test("names an edited leaf, whether its checksum was mended or not", async () => {
    const { check, rewrite, leaf, headBytes } = await written();
    for (const index of [0, 5, 9]) {
      for (const at of [1, 30, 100, 613]) {
        const payload = Buffer.from(leaf(index).subarray(5, 5 + 614));
        payload[at] = (payload[at] ?? 0) ^ 1;
        const mended = encodeFrames(frameTypes.leaf, [payload]);
        const plain = Buffer.concat([leaf(index).subarray(0, 5), payload, leaf(index).subarray(-4)]);
        for (const edited of [mended, plain]) {
          rewrite(...order(leaf, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9).with(index, edited));
          const { problems } = await check();
          assert.equal(problems.length, 1);
          assert.equal(problems[0]?.index, index);
          assert.equal(problems[0]?.offset, headBytes + index * leafBytes);
        }
      }
    }
  });

  test("names the first leaf behind a deletion, in a reordering and in a doubling", async () => {
    const { check, rewrite, leaf } = await written();
    const cases: [number[], number][] = [
      [[1, 2, 3, 4, 5, 6, 7, 8, 9], 0],
      [[0, 1, 2, 4, 5, 6, 7, 8, 9], 3],
      [[0, 1, 2, 3, 5, 4, 6, 7, 8, 9], 4],
      [[0, 1, 2, 2, 3, 4, 5, 6, 7, 8, 9], 3],
      [[0, 1, 2, 3, 4, 5, 6, 7, 9, 8], 8],
    ];
    for (const [indexes, bad] of cases) {
      rewrite(...order(leaf, ...indexes));
      const { problems } = await check();
      assert.equal(problems[0]?.index, bad, indexes.join());
      assert.match(problems[0]?.what ?? "", /another place/);
    }
  });

  test("names the end of a log that was cut off", async () => {
    const { check, rewrite, leaf, file, bytes, headBytes } = await written();
    for (const count of [0, 3, 5, 7, 9]) {
      rewrite(...order(leaf, ...Array(count).keys()));
      const { problems } = await check();
      assert.equal(problems[0]?.index, count);
    }
    writeFileSync(file, bytes);
    truncateSync(file, headBytes + 4 * leafBytes + 100);
    assert.equal((await check()).problems[0]?.index, 4);
  });

  test("names a log cut off before it was opened, by its checkpoint or by the anchor", async () => {
    const { audit, log, rewrite, leaf, anchor } = await written();
    await log.close();
    // Everything on this disk is set back together: only the journal remembers.
    rewrite(...order(leaf, 0, 1, 2, 3));
    rmSync(resumeFile(log.folder));
    const checkpoints = checkpointsFile(log.folder, 0);
    const first = readFileSync(checkpoints, "utf8").split("\n").slice(0, 5).join("\n");
    writeFileSync(checkpoints, `${first}\n`);
    const again = await audit.open();
    assert.equal(again.size, 4);
    const { problems } = await verify(audit.archiveOf(again), again, anchor);
    assert.equal(problems[0]?.index, 4);
    assert.match(problems[0]?.what ?? "", /signed with 6 leaves/);
    assert.deepEqual((await verify(audit.archiveOf(again), again)).problems, []);
    await again.close();
  });

  test("names the stretch in which genuine leaves of a fork were put", async () => {
    const audit = testAudit();
    const log = await audit.open();
    await fill(log, 4);
    await log.checkpoint();
    // The same identity goes on twice, as after a snapshot was resumed.
    const fork = `${audit.folder}-fork`;
    cpSync(audit.folder, fork, { recursive: true });
    await fill(log, 4);
    const own = await log.checkpoint();
    const twin = await openLog({
      folder: join(fork, "1"),
      k: 1,
      keys: audit.keysOf(1),
      log: testLog(),
      sync: false,
    });
    await fill(twin, 4);
    await twin.close();
    copyFileSync(segmentFile(join(fork, "1"), 0), segmentFile(log.folder, 0));
    const { problems } = await verify(audit.archiveOf(log), log);
    assert.equal(problems[0]?.index, 4);
    assert.match(problems[0]?.what ?? "", /from 4 to 7/);
    // With the fork's checkpoints too, only who has seen the other history can tell: the journal, or this process.
    copyFileSync(checkpointsFile(join(fork, "1"), 0), checkpointsFile(log.folder, 0));
    const anchor = { k: 1, size: own.size, root: toBase64Url(own.root) };
    for (const one of [
      await verify(audit.archiveOf(log), log, anchor),
      await verify(audit.archiveOf(log), log),
    ])
      assert.equal(one.problems[0]?.index, 4);
    rmSync(fork, { recursive: true });
    await log.close();
  });

  test("names a checkpoint that was edited", async () => {
    const { check, log } = await written();
    const file = checkpointsFile(log.folder, 0);
    const text = readFileSync(file, "utf8");
    for (const edited of [
      text.replace("\n4\n", "\n5\n"),
      text.replace(/\n.{44}\n/, `\n${Buffer.alloc(32).toString("base64")}\n`),
    ]) {
      assert.notEqual(edited, text);
      writeFileSync(file, edited);
      assert.match((await check()).problems[0]?.what ?? "", /checkpoint 1/);
    }
    await log.close();
  });

  test("does not open what other keys have sealed", async () => {
    const { log, audit } = await written();
    const foreign = new AuditArchive(audit.folder, testKeys(), () => log);
    assert.equal((await verify(foreign, log)).problems[0]?.index, 0);
    await log.close();
  });
});

describe("verify over several segments", () => {
  async function segmented() {
    const audit = testAudit();
    const log = await audit.open({ segmentBytes: 3000 });
    for (let at = 0; at < 5; at += 1) {
      await fill(log, 5);
      await log.checkpoint();
    }
    return {
      audit,
      log,
      firsts: await segmentsIn(log.folder),
      check: () => verify(audit.archiveOf(log), log),
    };
  }

  test("is content, and reads each leaf once", async () => {
    const { check, log, firsts } = await segmented();
    assert.deepEqual(firsts, [0, 5, 10, 15, 20]);
    assert.deepEqual(await check(), { problems: [], leaves: 25, checkpoints: 5 });
    await log.close();
  });

  test("names a missing, a swapped and a damaged segment", async () => {
    const { check, log } = await segmented();
    const at = (first: number) => segmentFile(log.folder, first);
    renameSync(at(10), `${at(10)}.away`);
    assert.deepEqual(
      (await check()).problems.map(({ index }) => index),
      [10],
    );
    copyFileSync(at(5), at(10));
    assert.deepEqual(
      (await check()).problems.map(({ index }) => index),
      [10],
    );
    renameSync(`${at(10)}.away`, at(10));
    assert.deepEqual((await check()).problems, []);

    const bytes = readFileSync(at(15));
    for (const offset of [3, 60, bytes.length - 700]) {
      const damaged = Buffer.from(bytes);
      damaged[offset] = (damaged[offset] ?? 0) ^ 4;
      writeFileSync(at(15), damaged);
      assert.deepEqual(
        (await check()).problems.map(({ file }) => file),
        [at(15)],
      );
    }
    await log.close();
  });

  test("names the oldest segments if they are gone before their time", async () => {
    const { check, log } = await segmented();
    rmSync(segmentFile(log.folder, 0));
    const { problems } = await check();
    assert.equal(problems[0]?.index, 5);
    assert.match(problems[0]?.what ?? "", /missing/);
    await log.close();
  });

  test("is content with the oldest gone when their time was over", async () => {
    const audit = testAudit();
    const old = Date.now() - 91 * 24 * 60 * 60 * 1000;
    const log = await audit.open({ segmentBytes: 3000 });
    await log.append([testEntry(0, old)], old);
    await log.append([testEntry(1, old)], old);
    for (let at = 0; at < 3; at += 1) await fill(log, 5, old + at);
    await fill(log, 5);
    const [first, second] = await segmentsIn(log.folder);
    assert(first !== undefined && second !== undefined);
    rmSync(segmentFile(log.folder, first));
    assert.deepEqual((await verify(audit.archiveOf(log), log)).problems, []);
    await log.close();
  });

  test("tells damage of a log that is no longer written, too", async () => {
    const { audit, log } = await segmented();
    await log.close();
    const file = segmentFile(log.folder, 20);
    truncateSync(file, statSync(file).size - 1);
    const later: AuditLog = log;
    const archive = new AuditArchive(audit.folder, audit.keysOf, () => ({ k: 2, size: 0 }));
    const { problems } = await verify(archive, { k: 2, size: 0, root: later.root });
    assert.deepEqual(
      problems.map(({ k, index }) => [k, index]),
      [[1, 24]],
    );
  });
});
