import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { testAudit } from "./audit.testing.ts";
import { segmentFile } from "./audit-folder.ts";
import { entryText } from "./entry-text.ts";
import { type AuditPosition, type AuditQuery, searchAudit } from "./search-audit.ts";

const day = 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 0, 1);

/** 60 entries over 60 days in several segments: who, path and outcome go round. */
async function written() {
  const audit = testAudit();
  const log = await audit.open({ segmentBytes: 5000 });
  for (let at = 0; at < 60; at += 1) {
    const fact = {
      who: `p-${at % 3}`,
      op: at % 5 === 0 ? "create" : "read",
      path: `/mdapi/${["joplin", "joplin2", "matrix"][at % 3]}/key-${at}`,
      v: 1,
      ok: at % 7 !== 0,
    };
    await log.append([entryText(start + at * day, fact)], start + at * day);
  }
  const archive = audit.archiveOf(log);
  const find = async (query: Partial<AuditQuery>) => {
    const found = await searchAudit(archive, { order: "newest", limit: 1000, ...query });
    assert.deepEqual(found.problems, []);
    return found.entries.map(({ index }) => index);
  };
  return { log, archive, find };
}

const all = Array.from({ length: 60 }, (_, at) => at);

describe("search", () => {
  test("finds by every condition, and by all together", async () => {
    const { log, find } = await written();
    assert.deepEqual(await find({}), all.toReversed());
    assert.deepEqual(await find({ order: "oldest" }), all);
    assert.deepEqual(
      await find({ who: "p-1", order: "oldest" }),
      all.filter((at) => at % 3 === 1),
    );
    assert.deepEqual(
      await find({ op: "create", order: "oldest" }),
      all.filter((at) => at % 5 === 0),
    );
    assert.deepEqual(
      await find({ ok: false, order: "oldest" }),
      all.filter((at) => at % 7 === 0),
    );
    assert.deepEqual(
      await find({ path: "/mdapi/joplin", order: "oldest" }),
      all.filter((at) => at % 3 === 0),
    );
    assert.deepEqual(
      await find({ path: "/mdapi/joplin/", order: "oldest" }),
      all.filter((at) => at % 3 === 0),
    );
    assert.deepEqual(await find({ path: "/mdapi/joplin/key-3" }), [3]);
    assert.deepEqual(await find({ since: start + 20 * day, until: start + 22 * day }), [22, 21, 20]);
    assert.deepEqual(await find({ who: "p-0", op: "create", ok: false }), [0]);
    assert.deepEqual(await find({ who: "p-9" }), []);
    await log.close();
  });

  test("property: pages of any size, in both orders, give each entry once", async () => {
    const { log, archive } = await written();
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 70 }),
        fc.constantFrom("newest", "oldest"),
        async (limit, order) => {
          const indexes: number[] = [];
          let after: AuditPosition | undefined;
          for (;;) {
            const found = await searchAudit(archive, {
              order,
              limit,
              ...(after === undefined ? {} : { after }),
            });
            assert(found.entries.length <= limit);
            indexes.push(...found.entries.map(({ index }) => index));
            if (found.next === undefined) break;
            after = found.next;
          }
          assert.deepEqual(indexes, order === "oldest" ? all : all.toReversed());
        },
      ),
      { numRuns: 40 },
    );
    await log.close();
  });

  test("sees what is written while it is open", async () => {
    const { log, find } = await written();
    assert.equal((await find({})).length, 60);
    await log.append(
      [entryText(start + 60 * day, { who: "p-0", op: "read", path: "/new", ok: true })],
      start + 60 * day,
    );
    assert.deepEqual(await find({ path: "/new" }), [60]);
    await log.close();
  });

  test("shows what cannot be read, whatever was asked", async () => {
    const { log, archive } = await written();
    const file = segmentFile(log.folder, 0);
    const bytes = readFileSync(file);
    // A sealed byte of leaf 2 and its checksum with it, as somebody would who wants no trace.
    const { encodeFrames, frameTypes } = await import("./leaf-frames.ts");
    const leafBytes = 614 + 9;
    const places = await searchAudit(archive, { order: "oldest", limit: 1000 });
    assert.equal(places.entries.length, 60);
    const head = bytes.indexOf(encodeFrames(frameTypes.leaf, [bytes.subarray(0, 614)]).subarray(0, 5));
    const at = head + 2 * leafBytes;
    const payload = Buffer.from(bytes.subarray(at + 5, at + 5 + 614));
    payload[200] = (payload[200] ?? 0) ^ 1;
    encodeFrames(frameTypes.leaf, [payload]).copy(bytes, at);
    writeFileSync(file, bytes);
    const found = await searchAudit(archive, { order: "oldest", limit: 10, who: "nobody" });
    assert.deepEqual(found.entries, [{ k: 1, index: 2, unreadable: "E_TAG" }]);
    await log.close();
  });

  test("side by side finds what one finds alone, while the log grows", async () => {
    const audit = testAudit();
    const log = await audit.open({});
    const archive = audit.archiveOf(log);
    for (let at = 0; at < 6; at += 1) {
      await log.append([entryText(start + at, { who: "p-0", op: "read", ok: true })], start + at);
      const searches = Array.from({ length: 4 }, () =>
        searchAudit(archive, { order: "oldest", limit: 1000 }),
      );
      for (const { entries } of await Promise.all(searches))
        assert.deepEqual(
          entries.map(({ index, unreadable }) => [index, unreadable]),
          Array.from({ length: at + 1 }, (_, index) => [index, undefined]),
        );
    }
    await log.close();
  });

  test("names a segment that ends too early, and goes on with the others", async () => {
    const { log, archive } = await written();
    const file = segmentFile(log.folder, 0);
    writeFileSync(file, readFileSync(file).subarray(0, 3000));
    const found = await searchAudit(archive, { order: "oldest", limit: 1000 });
    assert.equal(found.problems.length, 1);
    assert(found.problems[0]?.includes(file));
    assert.equal(found.entries.at(-1)?.index, 59);
    await log.close();
  });
});
