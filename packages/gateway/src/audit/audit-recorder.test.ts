import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import { temporaryFolder, testKeys, testLog } from "./audit.testing.ts";
import { Audit } from "./audit.ts";
import { denialsPerMinute } from "./denial-limits.ts";
import { entryText } from "./entry-text.ts";
import { searchAudit } from "./search-audit.ts";
import { sourcePrefix } from "./source-prefix.ts";

async function opened() {
  const folder = join(temporaryFolder(), "audit");
  const audit = new Audit({ folder, keysOf: testKeys(), log: testLog(), sync: false });
  await audit.open(undefined);
  const entries = async () => (await searchAudit(audit.archive, { order: "oldest", limit: 10_000 })).entries;
  return { audit, recorder: audit.recorder, entries };
}

describe("failures before authentication", () => {
  test("are one entry, counted by network and code", async () => {
    const { audit, recorder, entries } = await opened();
    for (let at = 0; at < 300; at += 1) recorder.countFailure("login", `10.1.2.${at % 200}`);
    for (let at = 0; at < 7; at += 1) recorder.countFailure("E_TOKEN", "::ffff:10.1.2.9");
    recorder.countFailure("E_EXPIRED", "2001:db8:1:2:3::4");
    await recorder.writeSummaries();
    await recorder.writeSummaries();
    const [entry, ...more] = await entries();
    assert.deepEqual(more, []);
    assert.equal(entry?.op, "failures");
    assert.deepEqual(entry?.sources, {
      "10.1.2.0/24": { login: 300, E_TOKEN: 7 },
      "2001:db8:1:2::/64": { E_EXPIRED: 1 },
    });
    await audit.stop();
  });

  test("from ever new networks and with ever new codes need bounded room", async () => {
    const { audit, recorder, entries } = await opened();
    for (let at = 0; at < 50_000; at += 1)
      recorder.countFailure("login", `${at >> 16}.${(at >> 8) & 255}.${at & 255}.1`);
    for (let at = 0; at < 500; at += 1) recorder.countFailure(`E_${at}`, "0.0.0.1");
    await recorder.writeSummaries();
    const [entry] = await entries();
    const sources = entry?.sources as Record<string, Record<string, number>>;
    assert.equal(Object.keys(sources).length, 1000);
    assert.deepEqual(entry?.others, { login: 49_000 });
    assert(Object.keys(sources["0.0.0.0/24"] ?? {}).length <= 13);
    const sum = Object.values(sources)
      .flatMap((counts) => Object.values(counts))
      .reduce((a, b) => a + b, 0);
    assert.equal(sum + 49_000, 50_500, "nothing is lost");
    await audit.stop();
  });

  test("are told at the end, too, and kept when they cannot be written", async () => {
    const { audit, recorder } = await opened();
    recorder.countFailure("login", "10.0.0.1");
    const { current } = audit;
    assert(current !== undefined);
    const append = current.append.bind(current);
    current.append = () => Promise.reject(new Error("full"));
    await recorder.writeSummaries();
    assert.equal(current.size, 0);
    current.append = append;
    recorder.countFailure("login", "10.0.0.2");
    const { archive } = audit;
    await audit.stop();
    const { entries } = await searchAudit(archive, { order: "oldest", limit: 10 });
    assert.deepEqual(entries[0]?.sources, { "10.0.0.0/24": { login: 2 } });
  });
});

describe("denials", () => {
  test("beyond the limit of one token are counted; others keep their entries", async () => {
    const { audit, recorder, entries } = await opened();
    const denial = (who: string) => ({ who, op: "read", path: "/x", ok: false, code: "E_DENIED" });
    for (let at = 0; at < 500; at += 1) await recorder.recordDenial("tid-a", denial("p-a"));
    await recorder.recordDenial("tid-b", denial("p-b"));
    assert.equal((await entries()).length, denialsPerMinute + 1);
    await recorder.writeSummaries();
    const summary = (await entries()).at(-1);
    assert.equal(summary?.op, "denials");
    assert.deepEqual(summary?.tokens, [{ who: "p-a", tid: "tid-a", suppressed: 500 - denialsPerMinute }]);
    await recorder.recordDenial("tid-a", denial("p-a"));
    assert.equal((await entries()).at(-1)?.op, "read", "the next minute begins anew");
    await audit.stop();
  });

  test("of ever new tokens need bounded room", async () => {
    const { audit, recorder, entries } = await opened();
    const denial = { who: "p-a", op: "read", ok: false };
    const all = Array.from({ length: 5100 }, (_, at) => recorder.recordDenial(`tid-${at}`, denial));
    await Promise.all(all);
    await recorder.writeSummaries();
    assert.equal((await entries()).at(-1)?.others, 100);
    await audit.stop();
  });
});

test("property: an entry is one JSON object that says what it was told, whatever the names", () => {
  const text = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(text, text, text, fc.boolean(), fc.nat(), (who, path, rule, ok, v) => {
      const entry = entryText(1_795_000_000_000, {
        who,
        op: "read",
        path,
        v,
        ok,
        req: "a5df",
        rule,
        more: { k: path },
      });
      assert.deepEqual(JSON.parse(entry), {
        t: 1_795_000_000_000,
        who,
        op: "read",
        path,
        v,
        ok,
        req: "a5df",
        rule,
        k: path,
      });
      assert(!entry.includes("\n"));
    }),
  );
  assert.equal(entryText(1, { who: "", op: "login", ok: false }), '{"t":1,"who":"","op":"login","ok":false}');
});

test("networks of addresses", () => {
  const cases = {
    "10.1.2.3": "10.1.2.0/24",
    "::ffff:192.168.7.9": "192.168.7.0/24",
    "::1": "::/64",
    "2001:db8::1": "2001:db8::/64",
    "2001:db8:0:7::1": "2001:db8:0:7::/64",
    "2001:DB8:0:7:8:9:a:b": "2001:db8:0:7::/64",
    "fe80::1%eth0": "fe80::/64",
    "64:ff9b::1.2.3.4": "64:ff9b::/64",
    "": "unknown",
    garbage: "unknown",
    "1.2.3.4.5": "unknown",
  };
  for (const [address, network] of Object.entries(cases))
    assert.equal(sourcePrefix(address), network, address);
});
