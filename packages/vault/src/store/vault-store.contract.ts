import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { generateInstanceId, generateSigningKey, randomBytes, sha256, toHex } from "@halfkey/crypto";
import { TestAccount } from "../test-account.ts";
import { testPush } from "./push.contract.ts";
import type { Append, Enrolment, VaultStore } from "./vault-store.ts";

const minute = 60_000;
const hour = 60 * minute;

export interface StoreUnderTest {
  store: VaultStore;
  /** Another process's view of the same data, as far as the store is concerned. */
  openAgain(): Promise<VaultStore>;
  close(): Promise<void>;
}

/** The contract of `VaultStore`, in cases. Every implementation runs them. */
export function testVaultStore(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`the vault store in ${name}`, () => {
    let made: StoreUnderTest;
    let store: VaultStore;
    before(async () => {
      made = await makeStore();
      store = made.store;
    });
    after(() => made.close());

    async function codeFor(bound: { account?: Buffer; rekeys?: Buffer } = {}, expires = Date.now() + hour) {
      const hash = randomBytes(32);
      await store.createCode({ hash, account: bound.account ?? null, rekeys: bound.rekeys ?? null, expires });
      return hash;
    }

    function enrolmentOf(account: TestAccount, codeHash: Buffer, more: Partial<Enrolment> = {}): Enrolment {
      return {
        codeHash,
        account: account.account,
        instance: account.instance,
        sealedKey: Buffer.from("a sealed key"),
        keyHash: sha256(account.vaultKey),
        now: Date.now(),
        repeatMs: 15 * minute,
        ...more,
      };
    }

    const kcv = "0a0b0c0d";
    const keepFragment = (account: Buffer, epoch: number, sealed = Buffer.from(`fragment ${epoch}`)) =>
      store.keepFragment({ account, epoch, sealed, kcv: Buffer.from(kcv, "hex") });

    async function enrolled(): Promise<TestAccount> {
      const account = new TestAccount();
      await store.enrol(enrolmentOf(account, await codeFor()));
      return account;
    }

    async function started(): Promise<TestAccount> {
      const account = await enrolled();
      await keepFragment(account.account, 1);
      await accepted(account, account.first(kcv));
      return account;
    }

    async function accepted(account: TestAccount, append: Append): Promise<void> {
      const result = await store.append(append);
      assert.deepEqual(result, { conflict: false, seq: account.state.seq + 1 });
      account.accept(append);
    }

    const refused = (append: Append, code: string, message: RegExp) =>
      assert.rejects(store.append(append), { name: "CallerError", code, message });

    describe("enrolment", () => {
      it("makes account and instance for a code of a new account", async () => {
        const account = await enrolled();
        const row = await store.instance(account.instance);
        assert.equal(row?.revoked, false);
        assert.deepEqual(row?.account, account.account);
        assert.deepEqual(row?.sealedKey, Buffer.from("a sealed key"));
        assert.deepEqual((await store.head(account.account)).seq, -1);
        assert(
          (await store.accounts()).some((one) => one.account.equals(account.account) && one.instances === 1),
        );
      });

      it("refuses an unknown code, and one that has expired", async () => {
        const account = new TestAccount();
        await assert.rejects(store.enrol(enrolmentOf(account, randomBytes(32))), { code: "E_TOKEN" });
        const old = await codeFor({}, Date.now() + minute);
        const late = enrolmentOf(account, old, { now: Date.now() + minute });
        await assert.rejects(store.enrol(late), { code: "E_TOKEN" });
        assert.equal(await store.instance(account.instance), undefined);
      });

      it("takes a code twice only for the same account, instance and key, and only for 15 minutes", async () => {
        const account = new TestAccount();
        const code = await codeFor();
        const first = enrolmentOf(account, code);
        assert.deepEqual(await store.enrol(first), { seq: -1 });
        assert.deepEqual(await store.enrol({ ...first, sealedKey: randomBytes(8) }), { seq: -1 });
        const others: Partial<Enrolment>[] = [
          { keyHash: randomBytes(32) },
          { instance: randomBytes(16) },
          { account: randomBytes(16) },
          { now: first.now + 15 * minute },
        ];
        for (const other of others)
          await assert.rejects(store.enrol({ ...first, ...other }), { code: "E_TOKEN" });
        assert.deepEqual((await store.instance(account.instance))?.sealedKey, first.sealedKey);
      });

      it("lets exactly one of many different redemptions at once win", async () => {
        const code = await codeFor();
        const tries = Array.from({ length: 8 }, () => store.enrol(enrolmentOf(new TestAccount(), code)));
        const results = await Promise.allSettled(tries);
        assert.equal(results.filter(({ status }) => status === "fulfilled").length, 1);
      });

      it("refuses another account than the code's, and a new one that exists; the code stays good", async () => {
        const one = await enrolled();
        const other = await enrolled();
        const joining = new TestAccount();
        const code = await codeFor({ account: one.account });
        const wrong = enrolmentOf(joining, code, { account: other.account });
        await assert.rejects(store.enrol(wrong), { code: "E_INPUT" });
        await store.enrol(enrolmentOf(joining, code, { account: one.account }));
        assert.equal((await store.instances(one.account)).length, 2);

        const forNew = enrolmentOf(new TestAccount(), await codeFor(), { account: one.account });
        await assert.rejects(store.enrol(forNew), { code: "E_EXISTS" });
      });

      it("refuses an instance that exists, unless the code is for re-keying just that one", async () => {
        const one = await enrolled();
        const other = await enrolled();
        const code = await codeFor({ account: one.account });
        await assert.rejects(store.enrol(enrolmentOf(one, code)), { code: "E_EXISTS" });
        const stolen = enrolmentOf(other, code, { account: one.account });
        await assert.rejects(store.enrol(stolen), { code: "E_EXISTS" });

        await store.setRevoked(one.instance, true);
        const rekeying = await codeFor({ account: one.account, rekeys: one.instance });
        await assert.rejects(store.enrol(enrolmentOf(other, rekeying)), { code: "E_INPUT" });
        await assert.rejects(
          store.enrol(enrolmentOf(new TestAccount(), rekeying, { account: one.account })),
          { code: "E_INPUT" },
        );
        await store.enrol(enrolmentOf(one, rekeying, { sealedKey: Buffer.from("another key") }));
        const row = await store.instance(one.instance);
        assert.deepEqual(row?.sealedKey, Buffer.from("another key"));
        assert.equal(row?.revoked, false);
      });

      it("makes no code for what does not exist", async () => {
        const one = await enrolled();
        const make = (bound: { account?: Buffer; rekeys?: Buffer }) => codeFor(bound);
        await assert.rejects(make({ account: randomBytes(16) }), { code: "E_NOT_FOUND" });
        await assert.rejects(make({ account: one.account, rekeys: randomBytes(16) }), {
          code: "E_NOT_FOUND",
        });
        const other = await enrolled();
        await assert.rejects(make({ account: one.account, rekeys: other.instance }), { code: "E_NOT_FOUND" });
      });

      it("revokes and restores", async () => {
        const one = await enrolled();
        await store.setRevoked(one.instance, true);
        assert.equal((await store.instance(one.instance))?.revoked, true);
        await store.setRevoked(one.instance, false);
        assert.equal((await store.instance(one.instance))?.revoked, false);
        await assert.rejects(store.setRevoked(randomBytes(16), true), { code: "E_NOT_FOUND" });
      });
    });

    describe("vault fragments", () => {
      it("keeps the first one of an epoch, which is pending until operation 5", async () => {
        const one = await enrolled();
        const kept = await Promise.all(
          Array.from({ length: 5 }, (_, at) => keepFragment(one.account, 1, Buffer.from(`try ${at}`))),
        );
        assert.equal(new Set(kept.map((row) => row?.sealed.toString())).size, 1);
        assert.equal(kept[0]?.active, false);
        assert.deepEqual((await store.head(one.account)).epochs, []);
        await accepted(one, one.first(kcv));
        assert.deepEqual((await store.head(one.account)).epochs, [1]);
      });

      it("keeps none but the highest active + 1", async () => {
        const one = await enrolled();
        assert.equal(await keepFragment(one.account, 2), undefined);
        await keepFragment(one.account, 1);
        assert.equal(await keepFragment(one.account, 2), undefined);
        await accepted(one, one.first(kcv));
        assert.equal((await keepFragment(one.account, 2))?.active, false);
        assert.equal((await keepFragment(one.account, 1))?.active, true);
      });

      it("destroys a retired one, and never the highest", async () => {
        const one = await started();
        await keepFragment(one.account, 2);
        await accepted(one, one.next({ more: [one.announce(2, kcv)] }));
        await accepted(one, one.next({ more: [one.retire(1)] }));
        const { fragments } = await store.open(one.account, [], 0);
        assert.deepEqual(
          fragments.map(({ epoch }) => epoch),
          [2],
        );
        assert.equal(await keepFragment(one.account, 1), undefined);
        await refused(one.raw([one.retire(2)]), "E_STATE", /highest/);
      });
    });

    describe("an accepted append", () => {
      it("is seen whole by every reader as soon as it resolves", async () => {
        const one = await started();
        const blob = { id: randomBytes(16), bytes: randomBytes(512) };
        const append = one.next({ put: [{ name: "/a", blobs: [blob] }] });
        const reader = await made.openAgain();
        try {
          await accepted(one, append);
          for (const each of [store, reader]) {
            assert.deepEqual((await each.head(one.account)).entry, append.entry);
            assert.deepEqual((await each.entries(one.account, 1, { count: 10, bytes: 10_000 })).entries, [
              append.entry,
            ]);
            const { seq, records } = await each.records(one.account, [one.idOf("/none"), one.idOf("/a")]);
            assert.deepEqual({ seq, records }, { seq: 1, records: [null, append.records[0]?.sealed] });
            const opened = await each.open(one.account, [randomBytes(16), blob.id], 1024);
            assert.deepEqual(opened.blobs, [null, blob.bytes]);
          }
        } finally {
          await reader.close();
        }
      });

      it("changes the mark, for this process and for others", async () => {
        const one = await started();
        const reader = await made.openAgain();
        try {
          const marks = await Promise.all([store.changeMark(), reader.changeMark()]);
          assert.deepEqual(await Promise.all([store.changeMark(), reader.changeMark()]), marks);
          await accepted(one, one.next({ put: [{ name: "/a" }] }));
          assert.notEqual(await store.changeMark(), marks[0]);
          assert.notEqual(await reader.changeMark(), marks[1]);
        } finally {
          await reader.close();
        }
      });

      it("replaces and deletes records; blobs are handed over and dropped, in their account only", async () => {
        const one = await started();
        const other = await started();
        const [x, y, z] = [randomBytes(16), randomBytes(16), randomBytes(16)];
        await accepted(one, one.next({ put: [{ name: "/a", blobs: [{ id: x }, { id: y }, { id: z }] }] }));
        // The same blob id in another account is another blob.
        await accepted(other, other.next({ put: [{ name: "/a", blobs: [{ id: x }] }] }));
        const rename = one.next({
          put: [{ name: "/b" }],
          remove: ["/a"],
          own: [{ id: x, name: "/b" }],
          drop: [y],
        });
        await accepted(one, rename);
        assert.deepEqual((await store.records(one.account, [one.idOf("/a")])).records, [null]);
        const { blobs } = await store.open(one.account, [x, y, z], 10_000);
        assert.deepEqual(
          blobs?.map((bytes) => bytes !== null),
          [true, false, true],
        );
        // x now belongs to /b: an entry about /a alone cannot drop it.
        await refused(one.next({ put: [{ name: "/a" }], drop: [x] }), "E_BLOB", /owner/);
        await accepted(one, one.next({ put: [{ name: "/b" }], drop: [x] }));
        assert.notEqual((await store.open(other.account, [x], 10_000)).blobs?.[0], null);
      });

      it("may hand over and drop a blob that is not there, which changes nothing", async () => {
        const one = await started();
        const [x, y] = [randomBytes(16), randomBytes(16)];
        await accepted(one, one.next({ put: [{ name: "/a" }], own: [{ id: x, name: "/a" }], drop: [y] }));
        assert.deepEqual((await store.open(one.account, [x, y], 1000)).blobs, [null, null]);
      });

      it("admits and revokes writers", async () => {
        const one = await started();
        const second = new TestAccount();
        await accepted(one, one.next({ more: [one.admit(second.name, second.signing.publicKey)] }));
        const { writers } = await store.page(one.account, undefined, { count: 1, bytes: 1 });
        assert.deepEqual(
          writers.map(({ instance }) => toHex(instance)).sort(),
          [one.name, second.name].sort(),
        );
        await accepted(one, one.next({ more: [one.revoke(second.name)] }));
        assert.equal((await store.page(one.account, undefined, { count: 1, bytes: 1 })).writers.length, 1);
      });
    });

    describe("an append that breaks a rule changes nothing", () => {
      let one: TestAccount;
      let blob: Buffer;
      before(async () => {
        one = await started();
        blob = randomBytes(16);
        await accepted(one, one.next({ put: [{ name: "/kept", blobs: [{ id: blob }] }] }));
      });
      after(async () => {
        assert.equal((await store.head(one.account)).seq, one.state.seq, "the head moved");
        const { records } = await store.page(one.account, undefined, { count: 256, bytes: 1_000_000 });
        assert.equal(records.length, 2, "a record was left");
      });

      const flip = (bytes: Buffer, at: number) => {
        const copy = Buffer.from(bytes);
        copy[at] = (copy[at] ?? 0) ^ 1;
        return copy;
      };

      it("layout", async () => {
        const good = one.next({ put: [{ name: "/a" }] });
        const entry = Buffer.from(good.entry);
        await refused({ ...good, entry: entry.subarray(0, -1) }, "E_FORMAT", /layout/);
        await refused({ ...good, entry: flip(entry, 0) }, "E_FORMAT", /layout/);
        await refused({ ...good, entry: Buffer.alloc(0) }, "E_FORMAT", /layout/);
      });

      it("account", async () => {
        const entry = one.rawEntry([one.revoke(one.name)], { account: randomBytes(16) });
        await refused({ ...one.raw([one.revoke(one.name)]), entry }, "E_FORMAT", /another account/);
      });

      it("the writer is the instance that sent it", async () => {
        const good = one.next({ put: [{ name: "/a" }] });
        await refused({ ...good, instance: randomBytes(16) }, "E_WRITER", /not the instance/);
      });

      it("the writer is admitted", async () => {
        const stranger = new TestAccount();
        const entry = one.rawEntry([one.admit(stranger.name, randomBytes(32))], { writer: stranger.name });
        const append = { ...one.raw([one.revoke(one.name)]), entry, instance: stranger.instance };
        await refused(append, "E_WRITER", /not admitted/);
      });

      it("the signature is valid", async () => {
        const good = one.next({ put: [{ name: "/a" }] });
        const entry = Buffer.from(good.entry);
        await refused({ ...good, entry: flip(entry, entry.length - 1) }, "E_WRITER", /signature/);
        // The time: covered by nothing but the signature.
        await refused({ ...good, entry: flip(entry, 96) }, "E_WRITER", /signature/);
      });

      it("operation 2 deletes what exists", async () => {
        const gone = { op: 2 as const, id: one.idOf("/gone"), value: Buffer.alloc(32) };
        await refused(one.raw([gone]), "E_STATE", /operation 2/);
      });

      it("operation 3 admits who is none yet", async () => {
        await refused(one.raw([one.admit(one.name, one.signing.publicKey)]), "E_WRITER", /operation 3/);
      });

      it("operation 4 revokes a writer, and leaves one", async () => {
        await refused(one.raw([one.revoke(generateInstanceId())]), "E_WRITER", /operation 4/);
        await refused(one.raw([one.revoke(one.name)]), "E_WRITER", /at least one writer/);
      });

      it("operation 5 is the highest epoch + 1, of a fragment that the vault has, with its key check value", async () => {
        await refused(one.raw([one.announce(1, kcv)]), "E_STATE", /highest vault epoch \+ 1/);
        await refused(one.raw([one.announce(3, kcv)]), "E_STATE", /highest vault epoch \+ 1/);
        await refused(one.raw([one.announce(2, kcv)]), "E_STATE", /key check value/);
        await keepFragment(one.account, 2);
        await refused(one.raw([one.announce(2, "0a0b0c0e")]), "E_STATE", /key check value/);
      });

      it("operation 6 retires what is active", async () => {
        await refused(one.raw([one.retire(7)]), "E_STATE", /operation 6/);
        await refused(one.raw([one.retire(1)]), "E_STATE", /highest/);
      });

      it("exactly one record for each operation 1, with its hash", async () => {
        const good = one.next({ put: [{ name: "/a" }, { name: "/b" }] });
        const [a, b] = good.records;
        assert(a && b);
        await refused({ ...good, records: [a] }, "E_STATE", /exactly one record/);
        await refused({ ...good, records: [a, a] }, "E_STATE", /exactly one record/);
        await refused({ ...good, records: [a, b, b] }, "E_STATE", /exactly one record/);
        const elsewhere = { ...b, id: one.idOf("/c") };
        await refused({ ...good, records: [a, elsewhere] }, "E_STATE", /exactly one record/);
        const swapped = [
          { ...a, sealed: b.sealed },
          { ...b, sealed: a.sealed },
        ];
        await refused({ ...good, records: swapped }, "E_STATE", /hash/);
      });

      it("a record has the size and layout of a sealed record", async () => {
        const put = (sealed: Buffer) => {
          const id = one.idOf("/a");
          return { ...one.raw([{ op: 1, id, value: sha256(sealed) }]), records: [{ id, sealed }] };
        };
        const layout = (length: number) => Buffer.concat([Buffer.from([1, 2])], length);
        await refused(put(layout(101)), "E_FORMAT", /short/);
        await refused(put(layout(262_144 + 103)), "E_TOO_LARGE", /large/);
        await refused(put(Buffer.alloc(700)), "E_FORMAT", /layout/);
      });

      it("blob ids are new, named once, and owned by a record put here", async () => {
        const good = one.next({ put: [{ name: "/a", blobs: [{ id: randomBytes(16) }] }] });
        const [first] = good.blobs;
        assert(first);
        await refused({ ...good, blobs: [{ ...first, id: blob }] }, "E_BLOB", /not new/);
        await refused({ ...good, blobs: [first, first] }, "E_BLOB", /twice/);
        await refused({ ...good, drop: [first.id] }, "E_BLOB", /twice/);
        await refused({ ...good, blobs: [{ ...first, owner: one.idOf("/kept") }] }, "E_BLOB", /owner/);
        await refused({ ...good, blobs: [{ ...first, bytes: randomBytes(255) }] }, "E_FORMAT", /short/);
        await refused(
          { ...good, blobs: [{ ...first, bytes: Buffer.alloc(1_114_113) }] },
          "E_TOO_LARGE",
          /large/,
        );
      });

      it("own and drop name blobs of records put or deleted here", async () => {
        const good = one.next({ put: [{ name: "/a" }] });
        await refused({ ...good, drop: [blob] }, "E_BLOB", /owner/);
        await refused({ ...good, own: [{ id: blob, owner: one.idOf("/a") }] }, "E_BLOB", /owner/);
        await refused({ ...good, own: [{ id: blob, owner: one.idOf("/kept") }] }, "E_BLOB", /new owner/);
      });

      it("entry 0 admits its own writer and no other, and announces epoch 1", async () => {
        const fresh = await enrolled();
        await keepFragment(fresh.account, 1);
        const own = fresh.admit(fresh.name, fresh.signing.publicKey);
        const epoch = fresh.announce(1, kcv);
        // Sorted after and before its own.
        const [after, before] = ["f".repeat(32), `${"0".repeat(31)}1`];
        const other = fresh.admit(after, generateSigningKey().publicKey);
        const first = fresh.admit(before, generateSigningKey().publicKey);
        await refused(fresh.raw([epoch]), "E_WRITER", /entry 0/);
        await refused(fresh.raw([other, epoch]), "E_WRITER", /entry 0/);
        await refused(fresh.raw([own, other, epoch]), "E_WRITER", /entry 0/);
        await refused(fresh.raw([own, first, epoch]), "E_WRITER", /entry 0/);
        await refused(fresh.raw([own]), "E_STATE", /at least one vault epoch/);
        assert.equal((await store.head(fresh.account)).seq, -1);
        await accepted(fresh, fresh.first(kcv));
      });
    });

    describe("an append that does not continue the head", () => {
      it("brings the entries from its own seq - 1 on", async () => {
        const one = await started();
        const stale = one.next({ put: [{ name: "/late" }] });
        const entries = [];
        for (const name of ["/a", "/b"]) {
          const append = one.next({ put: [{ name }] });
          await accepted(one, append);
          entries.push(append.entry);
        }
        const result = await store.append(stale);
        assert(result.conflict);
        assert.equal(result.seq, 2);
        assert.deepEqual(result.entries.slice(1), entries);
        assert.equal(result.entries.length, 3);
      });

      it("is told so, when it is sent a second time or skips a number", async () => {
        const one = await started();
        const append = one.next({ put: [{ name: "/a" }] });
        await accepted(one, append);
        const again = await store.append(append);
        assert(again.conflict && again.entries.at(-1)?.equals(append.entry));
        const ahead = await store.append(one.raw([one.retire(1)], { seq: 9 }));
        assert.deepEqual(ahead, { conflict: true, seq: 1, entries: [] });
      });

      it("is told so, when it has the next number but follows another entry", async () => {
        const one = await started();
        const result = await store.append(one.raw([one.retire(1)], { prev: randomBytes(32) }));
        assert.equal(result.conflict, true);
      });

      it("loses: of 20 at once, one wins and 19 hear of it", async () => {
        const one = await started();
        const appends = Array.from({ length: 20 }, (_, at) => one.next({ put: [{ name: `/${at}` }] }));
        const results = await Promise.all(appends.map((append) => store.append(append)));
        const winners = results.filter(({ conflict }) => !conflict);
        assert.equal(winners.length, 1);
        const { seq, entry } = await store.head(one.account);
        assert.equal(seq, 1);
        const winner = appends[results.findIndex(({ conflict }) => !conflict)];
        assert.deepEqual(entry, winner?.entry);
        const { records } = await store.page(one.account, undefined, { count: 256, bytes: 1_000_000 });
        assert.equal(records.length, 2);
        for (const result of results)
          assert(!result.conflict || result.entries.at(-1)?.equals(winner?.entry ?? Buffer.alloc(0)));
      });
    });

    describe("the state root of an entry", () => {
      const wrong = (one: TestAccount, name: string) => {
        const { records } = one.next({ put: [{ name }] });
        const list = records.map(({ id, sealed }) => ({ op: 1 as const, id, value: sha256(sealed) }));
        return { ...one.raw(list), records };
      };

      it("is the one that its operations lead to; a wrong one is refused and stops nobody", async () => {
        const one = await started();
        await refused(wrong(one, "/a"), "E_STATE", /root/);
        assert.equal((await store.head(one.account)).seq, 0);
        for (let at = 0; at < 40; at += 1) await accepted(one, one.next({ put: [{ name: `/${at % 30}` }] }));
        await refused(wrong(one, "/1"), "E_STATE", /root/);
        await accepted(one, one.next({ put: [{ name: "/a" }], remove: ["/1", "/2"] }));
        const tampered = one.next({ put: [{ name: "/b" }] });
        const other = one.next({ put: [{ name: "/c" }] });
        const mixed = Buffer.from(tampered.entry);
        Buffer.from(other.entry).copy(mixed, 57, 57, 89);
        await refused({ ...tampered, entry: mixed }, "E_WRITER", /signature/);
      });

      it("is known again after a start, and after another process has written", async () => {
        const one = await started();
        const second = new TestAccount();
        await keepFragment(one.account, 2);
        await accepted(one, one.next({ more: [one.admit(second.name, second.signing.publicKey)] }));
        await accepted(one, one.next({ more: [one.announce(2, kcv)] }));
        const put = Array.from({ length: 100 }, (_, at) => ({ name: `/${at}` }));
        await accepted(one, one.next({ put }));
        const again = await made.openAgain();
        try {
          for (const each of [again, store, again]) {
            await assert.rejects(each.append(wrong(one, "/a")), { code: "E_STATE" });
            const append = one.next({ put: [{ name: "/b" }], remove: [`/${one.state.seq}`], by: second });
            assert.equal((await each.append(append)).conflict, false);
            one.accept(append);
          }
        } finally {
          await again.close();
        }
      });
    });

    testPush({ store: () => store, started, accepted, keepFragment, kcv });

    it("a refused write in a group leaves its neighbours alone", async () => {
      const accounts = await Promise.all(Array.from({ length: 12 }, () => started()));
      const appends = accounts.map((one, at) => {
        return at % 3 === 0 ? one.raw([one.retire(7)]) : one.next({ put: [{ name: "/a" }] });
      });
      const results = await Promise.allSettled(appends.map((append) => store.append(append)));
      for (const [at, { status }] of results.entries()) {
        assert.equal(status, at % 3 === 0 ? "rejected" : "fulfilled");
        assert.equal((await store.head(accounts[at]?.account ?? Buffer.alloc(16))).seq, at % 3 === 0 ? 0 : 1);
      }
    });

    it("pages through all records in the order of ids, within both limits", async () => {
      const one = await started();
      for (let group = 0; group < 3; group += 1) {
        const put = Array.from({ length: 100 }, (_, at) => ({ name: `/${group}/${at}` }));
        await accepted(one, one.next({ put }));
      }
      for (const limits of [
        { count: 64, bytes: 1_000_000 },
        { count: 1000, bytes: 10_000 },
        { count: 9, bytes: 1 },
      ]) {
        const ids: Buffer[] = [];
        let after: Buffer | undefined;
        for (let more = true; more; ) {
          const page = await store.page(one.account, after, limits);
          assert(page.records.length <= limits.count && page.records.length > 0);
          const bytes = page.records.reduce((sum, { sealed }) => sum + sealed.length, 0);
          assert(page.records.length === 1 || bytes <= limits.bytes);
          ids.push(...page.records.map(({ id }) => id));
          after = ids.at(-1);
          more = page.more;
        }
        assert.equal(ids.length, 301);
        assert.deepEqual(ids, ids.toSorted(Buffer.compare));
      }
    });

    it("pages through the journal within both limits", async () => {
      const one = await started();
      const all: Uint8Array[] = [];
      for (let at = 0; at < 5; at += 1) {
        const append = one.next({ put: [{ name: "/a" }] });
        await accepted(one, append);
        all.push(append.entry);
      }
      const length = all[0]?.length ?? 0;
      const read = async (from: number, count: number, bytes: number) =>
        (await store.entries(one.account, from, { count, bytes })).entries;
      assert.deepEqual(await read(1, 9, 9 * length), all);
      assert.deepEqual(await read(2, 2, 9 * length), all.slice(1, 3));
      assert.deepEqual(await read(2, 9, 3 * length), all.slice(1, 4));
      assert.deepEqual(await read(2, 9, 3 * length - 1), all.slice(1, 3));
      assert.deepEqual(await read(2, 9, 1), all.slice(1, 2));
      assert.deepEqual(await read(6, 9, 1), []);
    });

    it("limits the bytes of an open", async () => {
      const one = await started();
      const id = randomBytes(16);
      await accepted(one, one.next({ put: [{ name: "/a", blobs: [{ id, bytes: randomBytes(1000) }] }] }));
      assert.equal((await store.open(one.account, [id, id], 1999)).blobs, undefined);
      assert.equal((await store.open(one.account, [id, id], 2000)).blobs?.length, 2);
    });

    it("refuses an account that does not exist", async () => {
      const none = randomBytes(16);
      const nobody = new TestAccount();
      const reads = [
        store.head(none),
        store.entries(none, 0, { count: 1, bytes: 1 }),
        store.records(none, []),
        store.page(none, undefined, { count: 1, bytes: 1 }),
        store.open(none, [], 0),
        store.append(nobody.raw([nobody.retire(1)])),
        store.push({ ...nobody.push([]), account: none }),
      ];
      for (const read of reads) await assert.rejects(read, { code: "E_NOT_FOUND" });
    });

    it("refuses everything once it is closed, and may be closed twice", async () => {
      const closing = await made.openAgain();
      await closing.keepRootKeyCheck(Buffer.from("one"));
      await closing.close();
      await closing.close();
      await assert.rejects(closing.accounts(), { code: "E_VAULT" });
      await assert.rejects(closing.setRevoked(randomBytes(16), true), { code: "E_VAULT" });
      await store.accounts();
    });

    it("puts other seals in the place of all, or of none", async () => {
      const other = await started();
      const { fragments, instances } = await store.sealedRows();
      assert(fragments.some(({ account }) => other.account.equals(account)));
      const rows = {
        check: Buffer.from("another check"),
        fragments: fragments.map((row) => ({ ...row, sealed: Buffer.from("anew") })),
        instances: instances.map((row) => ({ ...row, sealedKey: Buffer.from("anew") })),
      };
      await store.keepRootKeyCheck(Buffer.from("one"));
      const check = await store.rootKeyCheck();
      await assert.rejects(store.reseal({ ...rows, fragments: rows.fragments.slice(1) }), {
        code: "E_CONFLICT",
      });
      assert.deepEqual(await store.sealedRows(), { fragments, instances });
      assert.deepEqual(await store.rootKeyCheck(), check);
      await store.reseal(rows);
      const now = await store.sealedRows();
      assert(now.fragments.every(({ sealed }) => Buffer.from(sealed).equals(Buffer.from("anew"))));
      assert(now.instances.every(({ sealedKey }) => sealedKey.equals(Buffer.from("anew"))));
      assert.deepEqual(await store.rootKeyCheck(), Buffer.from("another check"));
    });

    it("keeps the first root key check value", async () => {
      const first = await store.keepRootKeyCheck(Buffer.from("one"));
      assert.deepEqual(await store.keepRootKeyCheck(Buffer.from("two")), first);
      assert.deepEqual(await store.rootKeyCheck(), first);
    });
  });
}
