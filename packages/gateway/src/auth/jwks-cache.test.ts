import assert from "node:assert/strict";
import { before, beforeEach, describe, test } from "node:test";
import { OperatorError } from "@halfkey/model";
import { Deadline } from "../deadline.ts";
import { newKey, silent, type TestKey } from "./issuer.testing.ts";
import { JwksCache, type KeySource, keyAges } from "./jwks-cache.ts";
import { KeySet } from "./key-set.ts";
import { OutboundFailure } from "./outbound.ts";

const minuteMs = 60_000;

let old: TestKey;
let fresh: TestKey;
before(async () => {
  [old, fresh] = await Promise.all([newKey("old"), newKey("fresh")]);
});

/** A source that a test can change, break and hold back. */
class SourceDouble implements KeySource {
  readonly identity: string;
  readonly title = "the issuer";
  keys: TestKey[];
  away = false;
  loads = 0;
  held: Promise<void> | undefined;

  constructor(identity: string, ...keys: TestKey[]) {
    this.identity = identity;
    this.keys = keys;
  }

  async load() {
    this.loads += 1;
    await this.held;
    if (this.away) throw new OutboundFailure("it refuses connections");
    const keys = KeySet.parse(Buffer.from(JSON.stringify({ keys: this.keys.map(({ jwk }) => jwk) })));
    assert(keys);
    return { keys, issuer: "https://issuer" };
  }
}

let time: number;
let cache: JwksCache;
let source: SourceDouble;
beforeEach(() => {
  time = 1_000_000;
  cache = new JwksCache(silent, () => time);
  source = new SourceDouble("one", old);
});

const find = async (kid: string, from: KeySource = source, deadline = Deadline.in(1000)) =>
  (await cache.find(from, { kid, alg: "ES256" }, deadline)).key !== undefined;
/** Lets what runs beside a login come to its end. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test("a hundred logins at once cause one fetch", async () => {
  const found = await Promise.all(Array.from({ length: 100 }, () => find("old")));
  assert(found.every(Boolean));
  assert.equal(source.loads, 1);
});

test("keys are used again without asking", async () => {
  await find("old");
  time += keyAges.refresh - 1;
  assert(await find("old"));
  assert.equal(source.loads, 1);
});

describe("rotation", () => {
  test("a new key is found when a token names it", async () => {
    await find("old");
    source.keys = [old, fresh];
    time += keyAges.pause;
    assert(await find("fresh"));
    assert.equal(source.loads, 2);
  });

  test("unknown key ids cause one fetch in ten seconds, whoever sends how many", async () => {
    await find("old");
    for (let at = 0; at < 60; at += 1) {
      await Promise.all([find(`guess-${at}`), find(`guess-${at}-b`), find("old")]);
      time += 1000;
    }
    assert.equal(source.loads, 1 + 5);
  });

  test("a key that was taken back ends within five minutes where logins go on", async () => {
    await find("old");
    source.keys = [fresh];
    time += keyAges.refresh;
    assert(await find("old"), "this one is not kept waiting");
    await settle();
    assert.equal(await find("old"), false);
  });

  test("a key that was taken back ends at the first login where there was none for long", async () => {
    await find("old");
    source.keys = [fresh];
    time += keyAges.wait;
    assert.equal(await find("old"), false);
  });
});

describe("while the issuer is away", () => {
  beforeEach(async () => {
    await find("old");
    source.away = true;
  });

  test("its last keys count for a day, and no longer", async () => {
    for (const age of [6 * minuteMs, 16 * minuteMs, 23 * 60 * minuteMs]) {
      time = 1_000_000 + age;
      assert(await find("old"), `after ${age / minuteMs} minutes`);
    }
    time = 1_000_000 + keyAges.most;
    await assert.rejects(find("old"), (error) => error instanceof OperatorError && error.code === "E_ISSUER");
  });

  test("one login in a minute waits at most", async () => {
    time += keyAges.wait;
    source.held = new Promise(() => {});
    const begun = performance.now();
    assert(await find("old", source, Deadline.in(50)));
    assert(performance.now() - begun >= 45, "the first one waits");
    source.held = undefined;
    await settle();
  });

  test("nobody waits after a failure", async () => {
    time += keyAges.wait;
    assert(await find("old"));
    time += keyAges.pause;
    source.held = new Promise(() => {});
    const begun = performance.now();
    assert(await find("old", source, Deadline.in(2000)));
    assert(performance.now() - begun < 1000, "it is asked beside the login");
    assert.equal(source.loads, 3);
  });

  test("it is noticed that it is back", async () => {
    time += keyAges.wait;
    await find("old");
    source.away = false;
    source.keys = [fresh];
    time += keyAges.pause;
    await find("old");
    await settle();
    assert.equal(await find("old"), false);
    assert(await find("fresh"));
  });
});

describe("without any keys yet", () => {
  test("a failure is told at once, and tried again after a second", async () => {
    source.away = true;
    const isUnavailable = (error: unknown) =>
      error instanceof OperatorError &&
      /cannot be had from the issuer: it refuses connections/.test(error.message);
    for (let count = 0; count < 5; count += 1) await assert.rejects(find("old"), isUnavailable);
    assert.equal(source.loads, 1);
    time += keyAges.firstPause;
    source.away = false;
    assert(await find("old"));
  });

  test("a login waits no longer than it has time", async () => {
    source.held = new Promise(() => {});
    await assert.rejects(find("old", source, Deadline.in(30)), (error) => error instanceof OperatorError);
  });
});

test("sources of another identity share nothing", async () => {
  const other = new SourceDouble("two", fresh);
  assert(await find("old"));
  assert.equal(await find("old", other), false);
  assert.equal(await find("fresh"), false);
  assert(await find("fresh", other));
});

test("more sources than there are never fill the memory", async () => {
  for (let at = 0; at < 1000; at += 1) await find("old", new SourceDouble(`made-up-${at}`, old));
  assert(await find("old"));
});
