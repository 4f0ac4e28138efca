import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { randomBytes, zero32 } from "@halfkey/crypto";
import { TestAccount } from "../test-account.ts";
import type { Append, Push, VaultStore } from "./vault-store.ts";

/** The part of `VaultStore`'s contract that is about pushes, with the verbs of the rest. */
export function testPush(verbs: {
  store: () => VaultStore;
  started: () => Promise<TestAccount>;
  accepted: (account: TestAccount, append: Append) => Promise<void>;
  keepFragment: (account: Buffer, epoch: number) => Promise<unknown>;
  kcv: string;
}): void {
  const { started, accepted, keepFragment, kcv } = verbs;
  const push = (what: Push) => verbs.store().push(what);
  const head = async (one: TestAccount) => (await verbs.store().head(one.account)).seq;
  const records = async (one: TestAccount, ...names: string[]) => {
    const ids = names.map((name) => one.idOf(name));
    return (await verbs.store().records(one.account, ids)).records;
  };
  const blobs = async (one: TestAccount, ...ids: Buffer[]) =>
    (await verbs.store().open(one.account, ids, 1_000_000)).blobs;

  describe("a push", () => {
    it("brings entries of any writer of the chain, records and blobs, as appends would have", async () => {
      const one = await started();
      const second = new TestAccount();
      await keepFragment(one.account, 2);
      const [x, y] = [randomBytes(16), randomBytes(16)];
      const ahead = [
        one.ahead({ more: [one.admit(second.name, second.signing.publicKey)] }),
        one.ahead({ put: [{ name: "/a", blobs: [{ id: x }] }], by: second }),
        one.ahead({ put: [{ name: "/b", blobs: [{ id: y }] }], more: [one.announce(2, kcv)] }),
        one.ahead({ remove: ["/a"], more: [one.revoke(second.name), one.retire(1)] }),
        one.ahead({ put: [{ name: "/a" }] }),
      ];
      assert.deepEqual(await push(one.push(ahead)), { conflict: false, seq: 5, missing: [] });
      const stored = await verbs.store().entries(one.account, 1, { count: 10, bytes: 100_000 });
      assert.deepEqual(
        stored.entries,
        ahead.map(({ entry }) => entry),
      );
      const [a, b] = await records(one, "/a", "/b");
      assert.deepEqual([a, b], [ahead[4]?.records[0]?.sealed, ahead[2]?.records[0]?.sealed]);
      assert.deepEqual(await blobs(one, x, y), [ahead[1]?.blobs[0]?.bytes, ahead[2]?.blobs[0]?.bytes]);
      assert.deepEqual((await verbs.store().head(one.account)).epochs, [2]);
      await accepted(one, one.next({ put: [{ name: "/b" }], drop: [y] }));
    });

    it("tells what is missing, and may bring nothing at all", async () => {
      const one = await started();
      const [x, y, z] = [randomBytes(16), randomBytes(16), randomBytes(16)];
      await accepted(one, one.next({ put: [{ name: "/a", blobs: [{ id: x }] }] }));
      const given = { id: y, owner: one.idOf("/a"), bytes: randomBytes(256) };
      const answer = await push(one.push([], { blobs: [given], expect: [z, x, y] }));
      assert.deepEqual(answer, { conflict: false, seq: 1, missing: [z] });
      assert.deepEqual(await push(one.push([])), { conflict: false, seq: 1, missing: [] });
    });

    it("that does not continue the head hears of it, and brings nothing", async () => {
      const one = await started();
      const other = one.next({ put: [{ name: "/other" }] });
      const append = one.next({ put: [{ name: "/a" }] });
      await accepted(one, append);
      const next = one.ahead({ put: [{ name: "/b" }] });
      const skipping = one.ahead({ put: [{ name: "/c" }] });
      for (const entries of [[other], [append, next], [skipping]]) {
        const answer = await push(one.push(entries, { expect: [randomBytes(16)] }));
        assert(answer.conflict);
        assert.equal(answer.seq, 1);
        const isAhead = entries[0] === skipping;
        assert.deepEqual(answer.entries.slice(1), isAhead ? [] : [append.entry]);
      }
      assert.deepEqual(await records(one, "/b", "/other"), [null, null]);
      assert.equal((await push(one.push([next, skipping]))).seq, 3);
    });

    it("leaves a record absent whose bytes it does not bring, until somebody does", async () => {
      const one = await started();
      await accepted(one, one.next({ put: [{ name: "/a" }, { name: "/kept" }] }));
      const [old, kept] = await records(one, "/a", "/kept");
      assert(old && kept);
      const ahead = [
        one.ahead({ put: [{ name: "/a" }, { name: "/b" }] }),
        one.ahead({ put: [{ name: "/c" }] }),
      ];
      const all = one.push(ahead).records;
      await push({ ...one.push(ahead), records: all.filter(({ id }) => one.idOf("/c").equals(id)) });
      const after = await records(one, "/a", "/b", "/c", "/kept");
      assert.deepEqual(after, [null, null, ahead[1]?.records[0]?.sealed, kept]);
      const page = await verbs.store().page(one.account, undefined, { count: 9, bytes: 1_000_000 });
      assert.deepEqual([page.records.length, page.more], [3, false]);

      // Neither what was current before, nor another's bytes, nor what never was.
      const [b] = all.filter(({ id }) => one.idOf("/b").equals(id));
      assert(b);
      const wrong = [
        { id: one.idOf("/a"), sealed: old },
        { id: one.idOf("/a"), sealed: b.sealed },
        { id: one.idOf("/none"), sealed: b.sealed },
        { id: one.idOf("/kept"), sealed: old },
      ];
      await push(one.push([], { records: wrong }));
      assert.deepEqual(await records(one, "/a", "/none", "/kept"), [null, null, kept]);

      await push(one.push([], { records: all }));
      const filled = await records(one, "/a", "/b");
      assert.deepEqual(
        filled,
        ahead[0]?.records.map(({ sealed }) => sealed),
      );
      await accepted(one, one.next({ remove: ["/a", "/b"] }));
    });

    it("lets an absent record be replaced and deleted like any other", async () => {
      const one = await started();
      await push(one.push([one.ahead({ put: [{ name: "/a" }, { name: "/b" }] })], { records: [] }));
      const append = one.next({ put: [{ name: "/a" }], remove: ["/b"] });
      await accepted(one, append);
      assert.deepEqual(await records(one, "/a", "/b"), [append.records[0]?.sealed, null]);
    });

    it("passes over a record that a later page of the same chain replaces", async () => {
      const one = await started();
      const [first, last] = [one.ahead({ put: [{ name: "/a" }] }), one.ahead({ put: [{ name: "/a" }] })];
      await push({ ...one.push([first]), records: last.records });
      assert.deepEqual(await records(one, "/a"), [null]);
      await push(one.push([last]));
      assert.deepEqual(await records(one, "/a"), [last.records[0]?.sealed]);
    });

    it("leaves a blob alone that is there, and adds one only to a record that is", async () => {
      const one = await started();
      const [x, y] = [randomBytes(16), randomBytes(16)];
      const bytes = randomBytes(300);
      await accepted(one, one.next({ put: [{ name: "/a", blobs: [{ id: x, bytes }] }] }));
      const given = (id: Buffer, name: string) => ({ id, owner: one.idOf(name), bytes: randomBytes(256) });
      await push(one.push([], { blobs: [given(x, "/a")] }));
      assert.deepEqual(await blobs(one, x), [bytes]);
      const refused = async (list: Push["blobs"], code: string, message: RegExp) =>
        assert.rejects(push(one.push([], { blobs: list })), { name: "CallerError", code, message });
      await refused([given(y, "/none")], "E_BLOB", /owner/);
      await refused([{ ...given(y, "/a"), owner: zero32 }], "E_BLOB", /owner/);
      await refused([given(y, "/a"), given(y, "/a")], "E_BLOB", /twice/);
      await refused([{ ...given(y, "/a"), bytes: randomBytes(255) }], "E_FORMAT", /short/);
      await refused([{ ...given(y, "/a"), bytes: Buffer.alloc(1_114_113) }], "E_TOO_LARGE", /large/);
      assert.deepEqual(await blobs(one, y), [null]);
    });

    it("frees the blobs of what its entries deleted: only the append had said whose they became", async () => {
      const one = await started();
      const [x, y, z] = [randomBytes(16), randomBytes(16), randomBytes(16)];
      const put = [
        { name: "/a", blobs: [{ id: x }, { id: y }] },
        { name: "/c", blobs: [{ id: z }] },
      ];
      await accepted(one, one.next({ put }));
      const renamed = one.ahead({
        put: [{ name: "/b" }],
        remove: ["/a"],
        own: [x, y].map((id) => ({ id, name: "/b" })),
      });
      await push(one.push([renamed, one.ahead({ put: [{ name: "/a" }] })]));
      const refused = one.next({ put: [{ name: "/b" }], drop: [z] });
      await assert.rejects(verbs.store().append(refused), { code: "E_BLOB" });
      await accepted(one, one.next({ put: [{ name: "/b" }], drop: [x], own: [{ id: y, name: "/b" }] }));
      assert.equal((await blobs(one, x))?.[0], null);
      const taken = one.next({ put: [{ name: "/c" }], drop: [y] });
      await assert.rejects(verbs.store().append(taken), { code: "E_BLOB" });
      await accepted(one, one.next({ put: [{ name: "/b" }], drop: [y] }));
    });

    it("with one entry that breaks a rule brings nothing", async () => {
      const one = await started();
      const [second, stranger] = [new TestAccount(), new TestAccount()];
      await accepted(one, one.next({ more: [one.admit(second.name, second.signing.publicKey)] }));
      const good = one.ahead({ put: [{ name: "/a" }] });
      const after = (append: Append) => one.push([good, append]);
      const by = (writer: TestAccount, last: Append) => {
        one.accept(last);
        return one.push([good, last, one.next({ put: [{ name: "/b" }], by: writer })]);
      };
      const forged = Buffer.from(one.next({ put: [{ name: "/b" }] }).entry);
      forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
      const gone = { op: 2 as const, id: one.idOf("/gone"), value: Buffer.alloc(32) };
      const gap = one.raw([one.revoke(second.name)], { seq: 4 });
      const aside = one.raw([one.revoke(second.name)], { prev: randomBytes(32) });
      const short = { id: one.idOf("/a"), sealed: Buffer.alloc(101) };
      const cases: [Push, string, RegExp][] = [
        [after({ ...good, entry: forged }), "E_WRITER", /signature/],
        [after({ ...good, entry: forged.subarray(1) }), "E_FORMAT", /layout/],
        [after(gap), "E_FORMAT", /follow/],
        [after(aside), "E_FORMAT", /follow/],
        [after(one.raw([gone])), "E_STATE", /operation 2/],
        [after(one.raw([one.admit(second.name, randomBytes(32))])), "E_WRITER", /operation 3/],
        [after(one.raw([one.announce(2, kcv)])), "E_STATE", /operation 5/],
        [after(one.raw([one.retire(1)])), "E_STATE", /operation 6/],
        [after(one.raw([one.revoke(second.name)])), "E_STATE", /root/],
        [{ ...after(one.next({ put: [{ name: "/b" }] })), account: second.account }, "E_FORMAT", /another/],
        [{ ...one.push([good]), records: [short] }, "E_FORMAT", /short/],
        [one.push([good, one.next({ put: [{ name: "/b" }], by: stranger })]), "E_WRITER", /not admitted/],
        [by(second, one.next({ more: [one.revoke(second.name)] })), "E_WRITER", /not admitted/],
      ];
      for (const [what, code, message] of cases)
        await assert.rejects(push(what), { name: "CallerError", code, message });
      assert.equal(await head(one), 1);
      assert.deepEqual(await records(one, "/a"), [null]);
    });
  });
}
