import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { toBase64Url } from "@halfkey/crypto";
import type { ItemRecord, ItemVersion, RecordContent } from "@halfkey/model";
import fc from "fast-check";
import { type EpochPair, isSamePair } from "../state/epoch-pair.ts";
import { OpenedIndex } from "../state/opened-index.ts";
import { surveyEpochs, wrapEpochs } from "./survey-epochs.ts";

const own = { instance: "own", retried: new Set<string>() };
const current = { customerEpoch: 3, vaultEpoch: 3 };

function wrapUnder({ customerEpoch, vaultEpoch }: EpochPair): string {
  const wrap = Buffer.alloc(134);
  wrap.set([1, 1]);
  wrap.writeUInt32BE(customerEpoch, 2);
  wrap.writeUInt32BE(vaultEpoch, 6);
  return toBase64Url(wrap);
}

const pair = fc.record({
  customerEpoch: fc.integer({ min: 1, max: 3 }),
  vaultEpoch: fc.integer({ min: 1, max: 3 }),
});
const version = fc.record({ epochs: pair, broken: fc.boolean() });
const record = fc.record({
  epochs: pair,
  kind: fc.constantFrom("item", "trash", "role", "own", "other"),
  versions: fc.array(version, { minLength: 1, maxLength: 4 }),
});

function contentOf(
  at: number,
  { kind, versions }: { kind: string; versions: { epochs: EpochPair; broken: boolean }[] },
): RecordContent {
  const made = versions.map(
    ({ epochs, broken }, number): ItemVersion => ({
      ...{ v: number + 1, blob: "", len: 0, sha: "", created: 0, by: "" },
      wrap: wrapUnder(epochs),
      ...(broken ? { broken: true } : {}),
    }),
  );
  const item = { t: "item", n: 0, path: `/${at}`, itemId: at, versions: made } as unknown as ItemRecord;
  if (kind === "item") return item;
  if (kind === "trash") return { t: "trash", n: 0, name: String(at), item } as unknown as RecordContent;
  if (kind === "role")
    return { t: "role", n: 0, name: String(at), associations: [] } as unknown as RecordContent;
  return { t: "audit", n: 0, instance: kind === "own" ? "own" : `other-${at}` } as RecordContent;
}

describe("what names an epoch", () => {
  test("an epoch is empty only if no record and no unbroken version names it, the trash included", () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), (records) => {
        const index = new OpenedIndex();
        const named = { customer: new Set<number>(), vault: new Set<number>() };
        const name = ({ customerEpoch, vaultEpoch }: EpochPair) => {
          named.customer.add(customerEpoch);
          named.vault.add(vaultEpoch);
        };
        let broken = 0;
        for (const [at, one] of records.entries()) {
          index.put(String(at), { content: contentOf(at, one), epochs: one.epochs });
          name(one.epochs);
          if (one.kind !== "item" && one.kind !== "trash") continue;
          for (const { epochs, broken: isBroken } of one.versions) {
            if (!isBroken) name(epochs);
            else if (!isSamePair(epochs, current)) broken += 1;
          }
        }
        const survey = surveyEpochs(index, current, own);
        assert.deepEqual([survey.customerEpochs, survey.vaultEpochs], [named.customer, named.vault]);
        assert.equal(survey.broken.length, broken);
        assert.equal(survey.total, records.length);
        // Nothing stale means that both old epochs are empty: what the worker calls complete, `finish` may destroy.
        if (survey.stale === 0) {
          for (const epoch of survey.customerEpochs) assert.equal(epoch, 3);
          for (const epoch of survey.vaultEpochs) assert.equal(epoch, 3);
        }
        // Whatever is stale is somebody's to seal anew.
        assert(survey.left.length + survey.waitingFor.length >= survey.stale);
        assert(survey.waitingFor.every((instance) => instance.startsWith("other-")));
      }),
    );
  });

  test("a wrap says under which epochs it was made; what is none says nothing", () => {
    fc.assert(
      fc.property(pair, (epochs) =>
        assert.deepEqual(wrapEpochs({ wrap: wrapUnder(epochs) } as ItemVersion), { ...epochs }),
      ),
    );
    assert.equal(wrapEpochs({ wrap: "AQ" } as ItemVersion), undefined);
  });

  test("a broken version is tried once a process, and holds nothing up", () => {
    const index = new OpenedIndex();
    const old = { customerEpoch: 1, vaultEpoch: 1 };
    index.put("a", {
      content: contentOf(1, { kind: "item", versions: [{ epochs: old, broken: true }] }),
      epochs: current,
    });
    assert.deepEqual(surveyEpochs(index, current, own).left, ["a"]);
    const { left, stale, broken } = surveyEpochs(index, current, { ...own, retried: new Set(["a"]) });
    assert.deepEqual([left, stale, broken], [[], 0, [{ name: "/1", version: 1, ...old }]]);
  });
});
