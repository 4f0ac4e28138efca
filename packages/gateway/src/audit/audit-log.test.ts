import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs, {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { describe, test } from "node:test";
import { OperatorError } from "@halfkey/model";
import fc from "fast-check";
import { fill, type TestAudit, testAudit, testEntry, testLog } from "./audit.testing.ts";
import { AuditDamage } from "./audit-damage.ts";
import { checkpointsFile, resumeFile, segmentFile, segmentsIn } from "./audit-folder.ts";
import { readCheckpoints } from "./checkpoint-file.ts";
import { rootAt } from "./open-log.ts";
import { searchAudit } from "./search-audit.ts";

/** Numbers in the paths of all entries, oldest first. */
async function numbersIn(audit: TestAudit, log: Parameters<TestAudit["archiveOf"]>[0]): Promise<number[]> {
  const found = await searchAudit(audit.archiveOf(log), { order: "oldest", limit: 100_000 });
  assert.deepEqual(found.problems, []);
  assert.equal(found.next, undefined);
  return found.entries.map(({ path }) => Number(/\d+$/.exec(String(path))?.[0]));
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);
const files = (audit: TestAudit) => readdirSync(join(audit.folder, "1")).sort();
const isAudit = (error: unknown) => error instanceof OperatorError && error.code === "E_AUDIT";
/** Losing the process: no checkpoint, no closing. The file handle stays open, which harms nobody. */
const forget = (_log: unknown) => {};

describe("writing", () => {
  test("appends keep their order, and an append is in the file when it resolves", async () => {
    const audit = testAudit();
    const log = await audit.open();
    for (let at = 0; at < 5; at += 1) {
      await log.append([testEntry(at, Date.now())], Date.now());
      assert.equal(log.size, at + 1);
      assert(statSync(segmentFile(log.folder, 0)).size > (at + 1) * 600);
    }
    await fill(log, 1000);
    assert.deepEqual(await numbersIn(audit, log), upTo(1005));
    await log.close();
  });

  test("what waits is written together", async () => {
    const audit = testAudit();
    const log = await audit.open();
    const writes = countSteps(log);
    await fill(log, 250);
    assert(writes() <= 2, `${writes()} writes`);
    await log.close();
  });

  test("a closed log refuses, after it has written what waited", async () => {
    const audit = testAudit();
    const log = await audit.open();
    const waiting = fill(log, 10);
    await log.close();
    await waiting;
    await assert.rejects(fill(log, 1), isAudit);
    assert.equal((await audit.open()).size, 10);
  });

  test("with sync, an append waits until it is on the disk", async () => {
    const audit = testAudit();
    const log = await audit.open({ sync: true });
    await fill(log, 100);
    assert.equal(log.size, 100);
    await log.close();
  });

  test("an entry that cannot be sealed is the caller's error, and the log goes on", async () => {
    const audit = testAudit();
    const log = await audit.open();
    await assert.rejects(log.append([JSON.stringify({ path: "x".repeat(300_000) })], 1), RangeError);
    await fill(log, 3);
    assert.equal(log.size, 3);
    await log.close();
  });
});

/** How often the log grew, that is: how many writes it made. */
function countSteps(log: { growth(ms: number): Promise<void>; size: number }): () => number {
  let steps = 0;
  const watch = async () => {
    for (let size = log.size; ; size = log.size) {
      await log.growth(1000);
      if (log.size === size) return;
      steps += 1;
    }
  };
  void watch();
  return () => steps;
}

describe("segments", () => {
  test("a full segment is followed by the next; a restart finds the same tree", async () => {
    const audit = testAudit();
    const log = await audit.open({ segmentBytes: 10_000 });
    for (let at = 0; at < 20; at += 1) await fill(log, 5);
    assert((await segmentsIn(log.folder)).length > 4);
    const { root } = log;
    await log.close();
    const again = await audit.open({ segmentBytes: 10_000 });
    assert.deepEqual(again.root, root);
    assert.equal(again.size, 100);
    await fill(again, 10);
    assert.deepEqual(await numbersIn(audit, again), upTo(110));
    await again.close();
  });

  test("a restart without a last checkpoint reads the leaves behind the one before", async () => {
    const audit = testAudit();
    const log = await audit.open();
    await fill(log, 30);
    await log.checkpoint();
    await fill(log, 30);
    forget(log);
    const again = await audit.open();
    assert.deepEqual([again.size, again.root], [log.size, log.root]);
    rmSync(resumeFile(log.folder));
    const third = await audit.open();
    assert.deepEqual(third.root, log.root);
    await third.close();
  });

  test("a crash while a segment was begun costs nothing", async () => {
    const audit = testAudit();
    const log = await audit.open();
    await fill(log, 7);
    await log.close();
    const head = readFileSync(segmentFile(log.folder, 0)).subarray(0, 200);
    for (const torn of [Buffer.alloc(0), head]) {
      writeFileSync(segmentFile(log.folder, 7), torn);
      const again = await audit.open();
      assert.equal(again.size, 7);
      assert(!existsSync(segmentFile(log.folder, 7)));
      await again.close();
    }
  });

  test("a clock that was set back begins a new segment, so that times ascend within each", async () => {
    const audit = testAudit();
    const log = await audit.open();
    const now = Date.now() + 10_000;
    await fill(log, 3, now);
    await fill(log, 3, now - 30_000);
    assert.equal((await segmentsIn(log.folder)).length, 1);
    await fill(log, 3, now - 3_600_000);
    assert.deepEqual(await segmentsIn(log.folder), [0, 6]);
    await log.close();
  });
});

describe("a torn tail", () => {
  test("property: cut anywhere behind the last checkpoint, the whole leaves stay and the rest goes", async () => {
    const audit = testAudit();
    const log = await audit.open();
    await fill(log, 4);
    await log.checkpoint();
    const signedBytes = statSync(segmentFile(log.folder, 0)).size;
    await fill(log, 4);
    forget(log);
    const whole = readFileSync(segmentFile(log.folder, 0));
    const leafBytes = (whole.length - signedBytes) / 4;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: signedBytes, max: whole.length }), async (length) => {
        writeFileSync(segmentFile(log.folder, 0), whole.subarray(0, length));
        const again = await audit.open();
        const left = 4 + Math.floor((length - signedBytes) / leafBytes);
        assert.equal(again.size, left);
        assert.equal(statSync(segmentFile(log.folder, 0)).size, signedBytes + (left - 4) * leafBytes);
        await fill(again, 1);
        assert.deepEqual(await numbersIn(audit, again), upTo(left + 1));
        forget(again);
      }),
      { numRuns: 40 },
    );
  });

  test("garbage behind the last leaf is cut off too", async () => {
    const audit = testAudit();
    const log = await audit.open();
    await fill(log, 4);
    await log.close();
    const file = segmentFile(log.folder, 0);
    writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.alloc(500, 0xaa)]));
    assert.equal((await audit.open()).size, 4);
  });

  test("cut below a signed checkpoint, it is no torn tail", async () => {
    const audit = testAudit();
    const log = await audit.open();
    await fill(log, 10);
    await log.close();
    const file = segmentFile(log.folder, 0);
    const length = statSync(file).size;
    truncateSync(file, length - 1);
    await assert.rejects(audit.open(), (error) => {
      assert(error instanceof AuditDamage);
      assert.equal(error.index, 9);
      assert.match(error.message, /signed with 10 leaves/);
      return true;
    });
    assert.equal(statSync(file).size, length - 1, "nothing is changed");
  });
});

describe("damage", () => {
  async function written() {
    const audit = testAudit();
    const log = await audit.open();
    await fill(log, 10);
    forget(log);
    const file = segmentFile(log.folder, 0);
    return { audit, log, file, bytes: readFileSync(file), leafBytes: 614 + 9 };
  }

  test("in the middle is refused, and named by leaf and byte", async () => {
    const { audit, file, bytes, leafBytes } = await written();
    const headBytes = bytes.length - 10 * leafBytes;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: headBytes, max: bytes.length - leafBytes - 1 }), async (at) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ 0x10;
        writeFileSync(file, damaged);
        await assert.rejects(audit.open(), (error) => {
          assert(error instanceof AuditDamage);
          assert.equal(error.index, Math.floor((at - headBytes) / leafBytes));
          assert.equal(error.offset, headBytes + error.index * leafBytes);
          assert(error.message.includes(file));
          return true;
        });
      }),
      { numRuns: 40 },
    );
  });

  test("of the head is refused", async () => {
    const { audit, file, bytes } = await written();
    for (const at of [0, 4, 20, 150]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(file, damaged);
      await assert.rejects(audit.open(), AuditDamage);
    }
  });

  test("a last segment that is gone is missed", async () => {
    const audit = testAudit();
    const log = await audit.open({ segmentBytes: 3000 });
    for (let at = 0; at < 4; at += 1) await fill(log, 5);
    await log.close();
    const last = (await segmentsIn(log.folder)).at(-1) ?? 0;
    rmSync(segmentFile(log.folder, last));
    await assert.rejects(audit.open(), AuditDamage);
    for (const first of await segmentsIn(log.folder)) rmSync(segmentFile(log.folder, first));
    await assert.rejects(audit.open(), AuditDamage);
  });

  test("of the resume file costs time only", async () => {
    const audit = testAudit();
    const log = await audit.open();
    await fill(log, 10);
    await log.close();
    const file = resumeFile(log.folder);
    const text = readFileSync(file, "utf8");
    for (const content of [
      "",
      "{}",
      text.replace('"first":0', '"first":1'),
      text.replace('"length":', '"length":1'),
    ]) {
      writeFileSync(file, content);
      const again = await audit.open();
      assert.deepEqual(again.root, log.root);
      forget(again);
    }
  });

  test("a torn checkpoint is cut, the ones before stay", async () => {
    const audit = testAudit();
    const log = await audit.open();
    for (let at = 0; at < 3; at += 1) {
      await fill(log, 5);
      await log.checkpoint();
    }
    await log.close();
    const file = checkpointsFile(log.folder, 0);
    const notes = await readCheckpoints(file);
    assert.equal(notes.length, 3);
    truncateSync(file, statSync(file).size - 10);
    const again = await audit.open();
    await fill(again, 1);
    await again.close();
    const sizes = (await readCheckpoints(file)).map((note) => log.keys.openCheckpoint(note).size);
    assert.deepEqual(sizes, [5, 10, 16]);
  });
});

describe("a disk that does not take more", { skip: hasPrlimit() ? false : "prlimit is not here" }, () => {
  test("appends are refused while it is full, nothing half stays, and it goes on by itself", async () => {
    const audit = testAudit();
    const lines = testLog();
    const log = await audit.open({ log: lines });
    await fill(log, 3);
    const length = statSync(segmentFile(log.folder, 0)).size;
    limitFileSize(length + 1000);
    try {
      await fill(log, 1);
      const refused = await Promise.allSettled([
        fill(log, 1),
        fill(log, 2),
        log.append([testEntry(9, 1)], Date.now()),
      ]);
      for (const one of refused) {
        assert.equal(one.status, "rejected");
        assert(isAudit(one.status === "rejected" && one.reason));
      }
      assert.throws(() => log.assertWritable(), isAudit);
      await new Promise((resolve) => setTimeout(resolve, 300));
      assert.doesNotThrow(() => log.assertWritable(), "one may try again");
      await assert.rejects(fill(log, 1), isAudit);
      assert.equal(log.size, 4);
    } finally {
      limitFileSize("unlimited");
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    await fill(log, 2);
    assert.equal(log.failure, undefined);
    assert.deepEqual(await numbersIn(audit, log), upTo(6));
    assert.equal(lines.lines.filter((line) => line.includes("reads stop")).length, 1);
    assert.equal(lines.lines.filter((line) => line.includes("written again")).length, 1);
    await log.close();
    assert.equal((await audit.open()).size, 6);
  });

  test("a segment that cannot be begun leaves no file", async () => {
    const audit = testAudit();
    const log = await audit.open({ segmentBytes: 2000 });
    await fill(log, 4);
    const before = files(audit);
    limitFileSize(100);
    try {
      await assert.rejects(fill(log, 1), isAudit);
      assert.deepEqual(files(audit), before);
    } finally {
      limitFileSize("unlimited");
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
    await fill(log, 1);
    assert.deepEqual(await numbersIn(audit, log), upTo(5));
    await log.close();
  });
});

function hasPrlimit(): boolean {
  try {
    execFileSync("prlimit", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Of this process, from now on: writes beyond fail as on a full disk, with another code. */
function limitFileSize(bytes: number | "unlimited"): void {
  execFileSync("prlimit", ["--pid", String(process.pid), `--fsize=${bytes}:unlimited`]);
}

test("a root of the past is found again, and only where its leaves are", async () => {
  const audit = testAudit();
  const log = await audit.open({ segmentBytes: 3000 });
  const roots: Buffer[] = [];
  for (let at = 0; at < 15; at += 1) {
    roots.push(log.root);
    await fill(log, 1);
  }
  for (const [size, root] of roots.entries())
    assert.deepEqual(await rootAt(log.folder, size, log.keys), root);
  assert.equal(await rootAt(log.folder, 16, log.keys), undefined);
  const copy = segmentFile(log.folder, 0);
  copyFileSync(segmentFile(log.folder, (await segmentsIn(log.folder))[1] ?? 0), copy);
  assert.equal(await rootAt(log.folder, 2, log.keys), undefined);
  await log.close();
});

test("after a failed fsync it goes on in a new segment, and says so", async () => {
  for (const leaves of [0, 3]) {
    const audit = testAudit();
    const lines = testLog();
    const log = await audit.open({ log: lines });
    await fill(log, leaves);
    if (leaves > 0) await log.sync();
    const mend = breakFsync();
    await assert.rejects(leaves === 0 ? log.sync() : fill(log, 1).then(() => log.sync()), isAudit);
    mend();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await fill(log, 2);
    assert.equal(log.failure, undefined);
    assert(lines.lines.some((line) => line.includes("went on in a new segment")));
    assert((await segmentsIn(log.folder)).includes(log.size - 2));
    await log.close();
    const again = await audit.open();
    assert.deepEqual(again.root, log.root);
    await again.close();
  }
});

/** Every fsync of a file by its number fails from now on, as on a disk that is going. @returns what mends it. */
function breakFsync(): () => void {
  const real = fs.fdatasync;
  const broken = (_fd: number, done: (error: Error) => void) =>
    setImmediate(() => done(Object.assign(new Error("i/o error"), { code: "EIO" })));
  fs.fdatasync = broken as unknown as typeof real;
  syncBuiltinESMExports();
  return () => {
    fs.fdatasync = real;
    syncBuiltinESMExports();
  };
}
