import assert from "node:assert/strict";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  encodeContext,
  fromBase64Url,
  keyCheckContext,
  keyCheckValue,
  openVaultFragment,
  purposes,
  randomBytes,
  toBase64Url,
  zero32,
} from "@halfkey/crypto";
import fc from "fast-check";
import { openSqliteStore } from "./store/sqlite/sqlite-store.ts";
import { pushBody, TestAccount } from "./test-account.ts";
import { type Signing, TestVault } from "./test-vault.ts";

describe("the vault's HTTP surface", () => {
  let vault: TestVault;
  let one: TestAccount;
  before(async () => {
    vault = await TestVault.start();
    one = await vault.started();
  });
  after(() => vault.end());

  const contextOf = (account: TestAccount, purpose: number, vaultEpoch = 1) =>
    toBase64Url(
      encodeContext({
        account: account.account,
        purpose,
        id: randomBytes(32),
        version: 1,
        customerEpoch: 1,
        vaultEpoch,
        salt: randomBytes(32),
      }),
    );

  it("tells its health to anybody", async () => {
    const reply = await vault.send("GET", "/health", Buffer.alloc(0), {});
    assert.deepEqual([reply.status, reply.body], [200, { status: "ok" }]);
    assert.match(String(reply.headers["halfkey-request"]), /^[0-9a-f]{16}$/);
  });

  describe("authentication", () => {
    const refused = async (signing: Signing, account = one, target = "/v1/head") => {
      const reply = await vault.call(account, "GET", target, undefined, signing);
      assert.equal(reply.status, 401, reply.text);
      assert.equal(reply.genuine, undefined, "a refusal to a stranger was signed");
      assert.equal(reply.headers["halfkey-mac"], undefined);
      return reply;
    };

    it("answers a genuine request, signed", async () => {
      const { seq, entry, epochs, time, backup } = await vault.ask(one, "GET", "/v1/head");
      assert.equal(seq, one.state.seq);
      assert.deepEqual(fromBase64Url(entry), one.state.headBytes);
      assert.deepEqual([epochs, backup], [[1], null]);
      assert(Math.abs(time - Date.now()) < 5000);
    });

    it("refuses every flipped bit of the MAC, nonce, time and instance", async () => {
      const sample = await new Promise<string>((resolve) => {
        void vault.call(one, "GET", "/v1/head", undefined, {
          tamper: ({ headers }) => resolve(headers.authorization ?? ""),
        });
      });
      const start = sample.indexOf("gw=");
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: start, max: sample.length - 1 }),
          fc.integer({ min: 0, max: 6 }),
          async (at, bit) => {
            const flipped = Buffer.from(sample, "latin1");
            flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
            fc.pre((flipped[at] ?? 0) >= 0x20 && (flipped[at] ?? 0) < 0x7f);
            const headers = { authorization: flipped.toString("latin1") };
            const reply = await vault.send("GET", "/v1/head", Buffer.alloc(0), headers);
            assert.deepEqual([reply.status, reply.code], [401, "E_TOKEN"], headers.authorization);
          },
        ),
        { numRuns: 300 },
      );
    });

    it("refuses another method, target, query or body than was signed", async () => {
      const cases: Signing["tamper"][] = [
        (sent) => {
          sent.target = "/v1/head?";
        },
        (sent) => {
          sent.target = "/v1/head?a=b";
        },
        (sent) => {
          sent.target = "/v1/index";
        },
        (sent) => {
          sent.headers = {};
        },
        (sent) => {
          sent.headers = { authorization: (sent.headers.authorization ?? "").replace("HK1", "HK2") };
        },
      ];
      for (const tamper of cases) if (tamper) assert.equal((await refused({ tamper })).code, "E_TOKEN");
      const ids = { ids: [] };
      const reply = await vault.call(one, "POST", "/v1/records", ids, {
        tamper: (sent) => {
          sent.body = Buffer.from('{"ids": []}');
        },
      });
      assert.deepEqual([reply.status, reply.code, reply.genuine], [401, "E_TOKEN", undefined]);
    });

    it("looks the same for an unknown instance, a wrong key, and a revoked one with a wrong key", async () => {
      const revoked = await vault.started();
      await vault.store.setRevoked(revoked.instance, true);
      const withWrongKey = new TestAccount(revoked.name);
      const replies = [
        await refused({}, new TestAccount()),
        await refused({}, new TestAccount(one.name)),
        await refused({}, withWrongKey),
      ];
      const [first, ...others] = replies;
      const shown = (reply: typeof first) => {
        const { date: _date, "halfkey-request": _request, ...headers } = reply?.headers ?? {};
        return { headers, text: reply?.text };
      };
      for (const other of others) assert.deepEqual(shown(other), shown(first));
    });

    it("refuses a revoked instance from its next request on, and tells it so in a signed reply", async () => {
      const revoked = await vault.started();
      await vault.ask(revoked, "GET", "/v1/head");
      await vault.store.setRevoked(revoked.instance, true);
      const opens = { opens: [{ x: contextOf(revoked, purposes.wrap), blob: toBase64Url(randomBytes(16)) }] };
      const reply = await vault.call(revoked, "POST", "/v1/open", opens);
      assert.deepEqual([reply.status, reply.code, reply.genuine], [401, "E_REVOKED", true]);
      const append = await vault.append(revoked, revoked.next({ put: [{ name: "/late" }] }));
      assert.deepEqual([append.status, append.code, append.genuine], [401, "E_REVOKED", true]);
      await vault.store.setRevoked(revoked.instance, false);
      await vault.ask(revoked, "GET", "/v1/head");
    });

    it("refuses a time more than a minute off, with its own, in a signed reply", async () => {
      for (const offset of [-61_000, 61_000]) {
        const reply = await vault.call(one, "GET", "/v1/head", undefined, { time: Date.now() + offset });
        assert.deepEqual([reply.status, reply.code, reply.genuine], [401, "E_CLOCK", true]);
        assert(Math.abs(reply.body.time - Date.now()) < 5000);
      }
      for (const offset of [-55_000, 55_000]) {
        assert.equal(
          (await vault.call(one, "GET", "/v1/head", undefined, { time: Date.now() + offset })).status,
          200,
        );
      }
    });

    it("checks the MAC before it looks at the body", async () => {
      const reply = await vault.send("POST", "/v1/open", Buffer.from("{not json"), {});
      assert.deepEqual([reply.status, reply.code], [401, "E_TOKEN"]);
      const genuine = await vault.call(one, "POST", "/v1/open", undefined, {});
      assert.deepEqual([genuine.status, genuine.code, genuine.genuine], [400, "E_INPUT", true]);
    });

    it("signs what it refuses: unknown endpoints, bad shapes, bad queries", async () => {
      const cases: [string, string, unknown, number, string][] = [
        ["GET", "/v1/none", undefined, 404, "E_NOT_FOUND"],
        ["DELETE", "/v1/head", undefined, 404, "E_NOT_FOUND"],
        ["POST", "/v1/records", { ids: ["short"] }, 400, "E_INPUT"],
        ["POST", "/v1/records", { ids: [], more: 1 }, 400, "E_INPUT"],
        ["POST", "/v1/records", { ids: ["!".repeat(43)] }, 400, "E_INPUT"],
        // 43 digits whose last bits are not zero: another spelling of the same bytes.
        ["POST", "/v1/records", { ids: [`${"A".repeat(42)}B`] }, 400, "E_FORMAT"],
        ["GET", "/v1/journal", undefined, 400, "E_INPUT"],
        ["GET", "/v1/journal?from=-1", undefined, 400, "E_INPUT"],
        ["GET", "/v1/journal?from=0&from=0", undefined, 400, "E_INPUT"],
        ["GET", "/v1/journal?from=0&limit=501", undefined, 400, "E_INPUT"],
        ["GET", "/v1/journal?from=0&wait=26", undefined, 400, "E_INPUT"],
        ["GET", "/v1/journal?from=1e3", undefined, 400, "E_INPUT"],
        ["GET", "/v1/index?cursor=AAAA", undefined, 400, "E_FORMAT"],
        ["GET", "/v1/index?page=2", undefined, 400, "E_INPUT"],
      ];
      for (const [method, target, body, status, code] of cases) {
        const reply = await vault.call(one, method, target, body);
        assert.deepEqual(
          [reply.status, reply.code, reply.genuine],
          [status, code, true],
          `${method} ${target}`,
        );
        assert.equal(reply.body.code, code);
      }
    });

    it("answers a stranger's unknown endpoint like any other of his requests", async () => {
      const reply = await vault.send("GET", "/v1/none", Buffer.alloc(0), {});
      assert.deepEqual([reply.status, reply.code], [401, "E_TOKEN"]);
    });

    it("refuses a body above 16 MiB", async () => {
      const reply = await vault
        .call(one, "POST", "/v1/records", { ids: ["A".repeat(17 * 1024 * 1024)] })
        .catch(() => undefined);
      // The server may close the connection before everything is sent.
      if (reply !== undefined) assert.deepEqual([reply.status, reply.code], [413, "E_TOO_LARGE"]);
    });
  });

  describe("shares", () => {
    const ask = async (account: TestAccount, ...x: string[]) =>
      (await vault.ask(account, "POST", "/v1/share", { x })).shares as {
        share: string | null;
        code?: string;
      }[];

    it("come for the four purposes, and differ by context", async () => {
      const shares = await ask(one, ...[0, 1, 2, 3].map((purpose) => contextOf(one, purpose)));
      assert.equal(new Set(shares.map(({ share }) => share)).size, 4);
      assert(shares.every(({ share, code }) => share !== null && code === undefined));
    });

    it("are refused one by one: another account, another purpose, an epoch that is not active", async () => {
      const other = await vault.started();
      const shares = await ask(
        one,
        contextOf(other, purposes.wrap),
        contextOf(one, 0x10),
        contextOf(one, 0x12),
        contextOf(one, purposes.wrap, 2),
        contextOf(one, purposes.wrap, 0),
        contextOf(one, purposes.record, 9),
        contextOf(one, purposes.wrap),
      );
      assert.deepEqual(
        shares.map(({ share, code }) => (share === null ? code : "share")),
        ["E_FORMAT", "E_FORMAT", "E_FORMAT", "E_EPOCH", "E_EPOCH", "E_EPOCH", "share"],
      );
    });

    it("of a pending epoch are made by the first key check question, and wrap nothing until operation 5", async () => {
      const account = await vault.started();
      const of = async (purpose: number) => (await ask(account, contextOf(account, purpose, 2)))[0];
      assert.equal((await of(purposes.record))?.code, "E_EPOCH");
      const kcv = await vault.kcvOf(account, 2);
      assert.equal(await vault.kcvOf(account, 2), kcv, "another fragment the second time");
      assert.notEqual((await of(purposes.record))?.share, null);
      assert.notEqual((await of(purposes.audit))?.share, null);
      assert.equal((await of(purposes.wrap))?.code, "E_EPOCH");
      assert.equal(
        (await ask(account, toBase64Url(keyCheckContext(account.account, 0, 3))))[0]?.code,
        "E_EPOCH",
      );

      await vault.accepted(account, account.next({ more: [account.announce(2, kcv)] }));
      assert.notEqual((await of(purposes.wrap))?.share, null);
      assert.equal(await vault.kcvOf(account, 2), kcv);

      await vault.accepted(account, account.next({ more: [account.retire(1)] }));
      assert.equal((await ask(account, contextOf(account, purposes.wrap, 1)))[0]?.code, "E_EPOCH");
      assert.equal(
        (await ask(account, toBase64Url(keyCheckContext(account.account, 0, 1))))[0]?.code,
        "E_EPOCH",
      );
    });

    it("agree when many ask for the first time at once", async () => {
      const account = await vault.enrolled();
      const kcvs = await Promise.all(Array.from({ length: 10 }, () => vault.kcvOf(account, 1)));
      assert.equal(new Set(kcvs).size, 1);
    });
  });

  describe("opens", () => {
    it("give share and blob, in order; a missing blob is null", async () => {
      const id = randomBytes(16);
      const bytes = randomBytes(512);
      await vault.accepted(one, one.next({ put: [{ name: "/open", blobs: [{ id, bytes }] }] }));
      const x = contextOf(one, purposes.wrap);
      const body = await vault.ask(one, "POST", "/v1/open", {
        opens: [
          { x, blob: toBase64Url(randomBytes(16)) },
          { x, blob: toBase64Url(id) },
          { x: contextOf(one, purposes.wrap, 7), blob: toBase64Url(id) },
        ],
      });
      assert.equal(body.seq, one.state.seq);
      const share = (await vault.ask(one, "POST", "/v1/share", { x: [x] })).shares[0].share;
      assert.deepEqual(body.opens, [
        { share, blob: null },
        { share, blob: toBase64Url(bytes) },
        { share: null, blob: null, code: "E_EPOCH" },
      ]);
    });

    it("of another account's blob find none", async () => {
      const other = await vault.started();
      const id = randomBytes(16);
      await vault.accepted(other, other.next({ put: [{ name: "/theirs", blobs: [{ id }] }] }));
      const opens = [{ x: contextOf(one, purposes.wrap), blob: toBase64Url(id) }];
      const body = await vault.ask(one, "POST", "/v1/open", { opens });
      assert.equal(body.opens[0].blob, null);
    });

    it("come 256 at a time, and no more", async () => {
      const open = () => ({ x: contextOf(one, purposes.wrap), blob: toBase64Url(randomBytes(16)) });
      const full = await vault.ask(one, "POST", "/v1/open", { opens: Array.from({ length: 256 }, open) });
      assert.equal(full.opens.length, 256);
      const over = await vault.call(one, "POST", "/v1/open", { opens: Array.from({ length: 257 }, open) });
      assert.deepEqual([over.status, over.code], [400, "E_INPUT"]);
    });

    it("are refused above 8 MiB", async () => {
      const id = randomBytes(16);
      await vault.accepted(
        one,
        one.next({ put: [{ name: "/big", blobs: [{ id, bytes: randomBytes(1_048_576) }] }] }),
      );
      const open = { x: contextOf(one, purposes.wrap), blob: toBase64Url(id) };
      const reply = await vault.call(one, "POST", "/v1/open", {
        opens: Array.from({ length: 9 }, () => open),
      });
      assert.deepEqual([reply.status, reply.code, reply.genuine], [413, "E_TOO_LARGE", true]);
    });
  });

  describe("the journal", () => {
    it("is read in pages", async () => {
      const account = await vault.started();
      for (const name of ["/a", "/b", "/c"]) await vault.accepted(account, account.next({ put: [{ name }] }));
      const page = await vault.ask(account, "GET", "/v1/journal?from=1&limit=2");
      assert.deepEqual([page.seq, page.entries.length], [3, 2]);
      const rest = await vault.ask(account, "GET", "/v1/journal?from=3");
      assert.deepEqual(fromBase64Url(rest.entries[0]), account.state.headBytes);
      assert.deepEqual((await vault.ask(account, "GET", "/v1/journal?from=4")).entries, []);
    });

    it("lets a reader wait for the next entry, and wakes him at once", async () => {
      const account = await vault.started();
      const waiting = vault.ask(account, "GET", "/v1/journal?from=0&wait=20");
      await new Promise((resolve) => setTimeout(resolve, 50));
      const started = performance.now();
      await vault.accepted(account, account.next({ put: [{ name: "/a" }] }));
      const { seq, entries } = await waiting;
      assert.deepEqual([seq, entries.length], [1, 2]);
      assert(performance.now() - started < 500);
    });

    it("wakes him within two seconds after a commit of another process", async () => {
      const account = await vault.started();
      const other = openSqliteStore(vault.file, { create: false });
      try {
        const waiting = vault.ask(account, "GET", "/v1/journal?from=0&wait=20");
        await new Promise((resolve) => setTimeout(resolve, 50));
        const started = performance.now();
        await other.append(account.next({ put: [{ name: "/a" }] }));
        assert.equal((await waiting).entries.length, 2);
        assert(performance.now() - started < 2000);
      } finally {
        await other.close();
      }
    });

    it("is not woken by another account's entries, and ends when the time is over", async () => {
      const [account, other] = [await vault.started(), await vault.started()];
      const started = performance.now();
      const waiting = vault.ask(account, "GET", "/v1/journal?from=0&wait=1");
      await vault.accepted(other, other.next({ put: [{ name: "/a" }] }));
      const { seq, entries } = await waiting;
      assert.deepEqual([seq, entries.length], [0, 1]);
      assert(performance.now() - started >= 950);
    });
  });

  it("pages the index, each page with the head's number", async () => {
    const account = await vault.started();
    const put = Array.from({ length: 300 }, (_, at) => ({ name: `/${at}` }));
    await vault.accepted(account, account.next({ put }));
    const first = await vault.ask(account, "GET", "/v1/index");
    assert.deepEqual([first.seq, first.records.length], [1, 256]);
    assert.deepEqual(first.writers, [[account.name, toBase64Url(account.signing.publicKey)]]);
    const second = await vault.ask(account, "GET", `/v1/index?cursor=${first.next}`);
    assert.deepEqual([second.records.length, second.next], [45, null]);
    const ids = new Set([...first.records, ...second.records].map(([id]) => id));
    assert.equal(ids.size, 301);
    const asked = await vault.ask(account, "POST", "/v1/records", {
      ids: [first.records[3][0], toBase64Url(zero32)],
    });
    assert.deepEqual(asked.records, [first.records[3][1], null]);
  });

  describe("appends", () => {
    it("of 20 at once from one head: one wins, 19 hear 409 with what they miss", async () => {
      const account = await vault.started();
      const appends = Array.from({ length: 20 }, (_, at) => account.next({ put: [{ name: `/${at}` }] }));
      const replies = await Promise.all(appends.map((append) => vault.append(account, append)));
      assert.deepEqual(
        replies.map(({ genuine }) => genuine),
        Array(20).fill(true),
      );
      const statuses = replies.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [200, ...Array(19).fill(409)]);
      const winner = appends[replies.findIndex(({ status }) => status === 200)];
      for (const { status, body, code } of replies) {
        if (status === 200) continue;
        assert.deepEqual([code, body.code, body.seq], ["E_CONFLICT", "E_CONFLICT", 1]);
        assert.deepEqual(fromBase64Url(body.entries[1]), winner?.entry);
      }
      const { records } = await vault.ask(account, "GET", "/v1/index");
      assert.equal(records.length, 2);
    });

    it("that break a rule answer its code, signed", async () => {
      const blob = randomBytes(16);
      await vault.accepted(one, one.next({ put: [{ name: "/b", blobs: [{ id: blob }] }] }));
      const good = one.next({ put: [{ name: "/a" }] });
      const cases: [Partial<typeof good>, number, string][] = [
        [{ entry: Buffer.from("no entry") }, 400, "E_FORMAT"],
        [{ records: [] }, 422, "E_STATE"],
        [{ drop: [blob] }, 422, "E_BLOB"],
        [{ entry: one.rawEntry([one.revoke(one.name)]), records: [] }, 422, "E_WRITER"],
      ];
      for (const [change, status, code] of cases) {
        const reply = await vault.append(one, { ...good, ...change });
        assert.deepEqual([reply.status, reply.code, reply.genuine], [status, code, true], reply.text);
      }
      await vault.accepted(one, good);
    });
  });

  describe("pushes", () => {
    it("bring what a vault lacks, wake who waits, and tell what is missing", async () => {
      const account = await vault.started();
      const [kept, lost] = [randomBytes(16), randomBytes(16)];
      await vault.accepted(account, account.next({ put: [{ name: "/kept", blobs: [{ id: kept }] }] }));
      const waiting = vault.ask(account, "GET", "/v1/journal?from=1&wait=20");
      const ahead = [
        account.ahead({ put: [{ name: "/a", blobs: [{ id: lost }] }, { name: "/b" }] }),
        account.ahead({ put: [{ name: "/a" }] }),
      ];
      const [a] = ahead[1]?.records ?? [];
      assert(a);
      const push = { ...account.push(ahead), records: [a], blobs: [], expect: [kept, lost] };
      const reply = await vault.ask(account, "POST", "/v1/push", pushBody(push));
      assert.deepEqual(reply, { seq: 3, missing: [toBase64Url(lost)] });
      assert.equal((await waiting).entries.length, 3);
      const ids = [account.idOf("/a"), account.idOf("/b")].map(toBase64Url);
      const { records } = await vault.ask(account, "POST", "/v1/records", { ids });
      assert.deepEqual(records, [toBase64Url(a.sealed), null]);
      const index = await vault.ask(account, "GET", "/v1/index");
      assert.equal(index.records.length, 3);
      await vault.accepted(account, account.next({ put: [{ name: "/c" }] }));
    });

    it("that do not continue the head are answered like an append", async () => {
      const account = await vault.started();
      const stale = account.next({ put: [{ name: "/late" }] });
      const append = account.next({ put: [{ name: "/a" }] });
      await vault.accepted(account, append);
      const reply = await vault.call(account, "POST", "/v1/push", pushBody(account.push([stale])));
      assert.deepEqual([reply.status, reply.code, reply.genuine], [409, "E_CONFLICT", true]);
      assert.deepEqual([reply.body.seq, reply.body.entries.length], [1, 2]);
      assert.equal(reply.body.entries[1], toBase64Url(append.entry));
    });

    it("that break a rule answer its code; strangers and revoked instances are refused", async () => {
      const account = await vault.started();
      const push = account.push([account.raw([account.revoke(account.name)])]);
      const refused = await vault.call(account, "POST", "/v1/push", pushBody(push));
      assert.deepEqual([refused.status, refused.code], [422, "E_WRITER"]);
      const body = pushBody(account.push([]));
      const tooMany = { ...body, entries: Array(501).fill("AA") };
      assert.equal((await vault.call(account, "POST", "/v1/push", tooMany)).code, "E_INPUT");
      assert.equal((await vault.call(new TestAccount(), "POST", "/v1/push", body)).code, "E_TOKEN");
      await vault.store.setRevoked(account.instance, true);
      assert.equal((await vault.call(account, "POST", "/v1/push", body)).code, "E_REVOKED");
    });
  });

  describe("enrolment", () => {
    it("answers 201 with the head's number, and again for the same", async () => {
      const account = new TestAccount();
      const code = await vault.code();
      const first = await vault.enrol(account, code);
      assert.deepEqual([first.status, first.body], [201, { seq: -1 }]);
      assert.equal((await vault.enrol(account, code)).status, 201);
      // Typed by hand: lower or upper case, O for 0, I and L for 1.
      assert.equal((await vault.enrol(account, code.toUpperCase().replace("HKE1", "hke1"))).status, 201);
    });

    it("gives an instance its new key by a re-keying code, and the old one is dead", async () => {
      const account = await vault.started();
      const reborn = new TestAccount(account.name);
      const more = { account: account.account.toString("hex") };
      const code = await vault.code({ account: account.account, rekeys: account.instance });
      assert.equal((await vault.enrol(reborn, code, more)).status, 201);
      assert.equal((await vault.call(reborn, "GET", "/v1/head")).status, 200);
      assert.equal((await vault.call(account, "GET", "/v1/head")).code, "E_TOKEN");
    });

    it("limits failures, but never keeps a valid code out", async () => {
      const flooded = await TestVault.start();
      try {
        const codes: (string | undefined)[] = [];
        for (let at = 0; at < 14; at += 1) {
          const wrong = at % 2 === 0 ? "hke1-00000000000000000000000000" : "x".repeat(5);
          codes.push((await flooded.enrol(new TestAccount(), wrong)).code);
        }
        assert.deepEqual(codes.slice(0, 10), Array(5).fill(["E_TOKEN", "E_INPUT"]).flat());
        assert.deepEqual(codes.slice(10), Array(4).fill("E_RATE"));
        const limited = await flooded.enrol(new TestAccount(), "hke1-00000000000000000000000000");
        assert.equal(limited.status, 429);
        assert(Number(limited.headers["retry-after"]) > 0);
        await flooded.enrolled();
      } finally {
        await flooded.end();
      }
    });
  });

  it("keeps neither fragments nor vault keys in clear: a stolen database has none", async () => {
    const account = await vault.started();
    const { fragments } = await vault.store.open(account.account, [], 0);
    const copy = join(vault.folder, "stolen.sqlite");
    const bytes = ["", "-wal"].map((suffix) => {
      if (!existsSync(vault.file + suffix)) return Buffer.alloc(0);
      copyFileSync(vault.file + suffix, copy + suffix);
      return readFileSync(copy + suffix);
    });
    const stolen = Buffer.concat(bytes);
    assert(stolen.includes(fragments[0]?.sealed ?? "none"), "the search would find nothing at all");
    const fragment = openVaultFragment(
      vault.rootKey,
      account.account,
      1,
      fragments[0]?.sealed ?? Buffer.alloc(0),
    );
    assert.equal(keyCheckValue(fragment).length, 8);
    for (const secret of [fragment, account.vaultKey]) {
      for (const spelling of [
        secret,
        toBase64Url(secret),
        secret.toString("hex"),
        secret.toString("base64"),
      ]) {
        assert.equal(stolen.includes(spelling), false);
      }
    }
  });

  it("logs route, status, code, instance and duration, and nothing that was asked", async () => {
    const id = randomBytes(32);
    await vault.call(one, "POST", "/v1/records", { ids: [toBase64Url(id)] });
    await vault.call(one, "GET", `/v1/index?cursor=${toBase64Url(id)}`);
    const line = vault.logged
      .map((text) => JSON.parse(text))
      .findLast(({ route }) => route === "/v1/records");
    assert.equal(line.instance, one.name);
    assert.equal(line.status, 200);
    assert.equal(typeof line.durationMs, "number");
    const everything = vault.logged.join("");
    assert.equal(everything.includes(toBase64Url(id)), false);
    assert.equal(everything.includes(toBase64Url(one.vaultKey)), false);
    assert.equal(everything.includes("mac="), false);
  });

  it("ends long polls at once when it stops, with a signed answer", async () => {
    const stopping = await TestVault.start();
    const account = await stopping.started();
    const waiting = stopping.call(account, "GET", "/v1/journal?from=0&wait=25");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const started = performance.now();
    await stopping.stop();
    const { status, genuine } = await waiting;
    assert.deepEqual([status, genuine], [200, true]);
    assert(performance.now() - started < 2000);
    await stopping.end();
  });
});
