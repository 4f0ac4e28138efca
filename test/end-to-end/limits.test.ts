// What fits fits exactly, and what does not is refused whole: values, lists, versions, two writers at once.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { own } from "../hostile/hostile-case.ts";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { GatewayHttp } from "../support/gateway-http.ts";
import { type Product, startProduct } from "../support/product.ts";

const mebibyte = 1024 * 1024;

let product: Product;
let client: AkeylessClient;
let http: GatewayHttp;
let token: string;

before(async () => {
  product = await startProduct();
  client = createAkeylessClient(product.dev);
  http = new GatewayHttp(product.dev);
  const { accessId, accessKey } = product.dev;
  token = String((await client.send("auth", { "access-id": accessId, "access-key": accessKey })).token);
});
after(async () => {
  client?.close();
  http?.close();
  await product?.stop();
});

const read = async (name: string, version = 0) =>
  (await client.call("get-secret-value", { names: [name], version }))[name];
const create = (name: string, value: string, more: object = {}) =>
  client.call("create-secret", { name, value, ...more });
const update = async (name: string, value: string, more: object = {}) =>
  (await client.call("update-secret-val", { name, value, ...more })).version;
const describeItem = (name: string) => client.call("describe-item", { name, "show-versions": true });
const versionsOf = async (name: string) =>
  ((await describeItem(name)).item_versions as { version: number }[]).map(({ version }) => version);

async function refusal(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "none";
  } catch (error) {
    assert(error instanceof AkeylessError, String(error));
    return `${error.status} ${error.code}`;
  }
}

/** Runs `work` for every number below `count`, `atOnce` side by side. */
async function inParallel(count: number, atOnce: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const at = next;
      next += 1;
      await work(at);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

describe("values come back as they were", () => {
  const planes = Array.from({ length: 17 }, (_, plane) =>
    [0, 1, 0x41, 0xd7ff, 0xe000, 0xfdd0, 0xfffd, 0xfffe, 0xffff]
      .map((at) => plane * 0x10000 + at)
      .filter((point) => point < 0xd800 || point > 0xdfff)
      .map((point) => String.fromCodePoint(point))
      .join(""),
  );
  const values: Record<string, string> = {
    "0 bytes": "",
    "1 byte": "x",
    "1 MiB": "x".repeat(mebibyte),
    "1 MiB of four-byte characters": "\u{1F511}".repeat(mebibyte / 4),
    "1 MiB of NUL, six times as long in JSON": "\0".repeat(mebibyte),
    "every Unicode plane": planes.join(""),
    "the first 256 code points": Array.from({ length: 256 }, (_, at) => String.fromCharCode(at)).join(""),
    "blanks and line ends of every kind": " \t\r\n\v\f\u0085\u00a0\u2028\u2029\ufeff ",
    "marks that are not composed": "e\u0301\u212b\u2126",
    "what looks like JSON": '{"a":[1,2.50,1e400,-0],"__proto__":null}',
    "what looks like another escape": "\\u0000\\n%00&#0;",
  };
  for (const [title, value] of Object.entries(values)) {
    it(title, async () => {
      const name = `/values/${title.replaceAll(/[^a-z0-9]/gi, "-")}`;
      await create(name, value);
      assert((await read(name)) === value, "created");
      await update(name, "another");
      await update(name, value);
      assert((await read(name)) === value, "updated");
      assert((await read(name, 1)) === value, "the first version");
    });
  }

  it("many great ones in one answer", async () => {
    const names = Array.from({ length: 12 }, (_, at) => `/great/${at}`);
    for (const name of names) await create(name, name.padEnd(mebibyte, "."));
    const values = await client.call("get-secret-value", { names });
    for (const name of names) assert(values[name] === name.padEnd(mebibyte, "."));
  });

  it("1 MiB and one byte more is refused, and changes nothing", async () => {
    const tooMuch = "x".repeat(mebibyte + 1);
    assert.equal(await refusal(create("/values/too-much", tooMuch)), "413 E_TOO_LARGE");
    assert.equal(
      await refusal(create("/values/too-much", `${"\u{1F511}".repeat(mebibyte / 4)}x`)),
      "413 E_TOO_LARGE",
    );
    assert.equal(await refusal(read("/values/too-much")), "404 E_NOT_FOUND");
    await create("/values/enough", "x");
    assert.equal(await refusal(update("/values/enough", tooMuch)), "413 E_TOO_LARGE");
    assert.deepEqual(await versionsOf("/values/enough"), [1]);
    const json = JSON.stringify({ a: "x".repeat(mebibyte) });
    assert.equal(await refusal(create("/values/too-much", json, { format: "json" })), "413 E_TOO_LARGE");
  });
});

describe("3,000 items", () => {
  const count = 3000;
  const nameOf = (at: number) => `/many/folder-${at % 30}/item-${String(at).padStart(5, "0")}`;
  const all = Array.from({ length: count }, (_, at) => nameOf(at)).sort();
  const names = ({ items }: Record<string, unknown>) =>
    ((items ?? []) as { item_name: string }[]).map((item) => item.item_name);

  it("are created side by side, each once", async (t) => {
    const began = performance.now();
    await inParallel(count, 64, async (at) => {
      assert.deepEqual(await create(nameOf(at), `value ${at}`, { tags: [`tag-${at % 7}`] }), {
        name: nameOf(at),
        version: 1,
      });
    });
    t.diagnostic(`${Math.round(count / ((performance.now() - began) / 1000))} creates a second`);
  });

  it("are listed whole, in order", async (t) => {
    const began = performance.now();
    const reply = await client.call("list-items", { path: "/many" });
    t.diagnostic(`listed in ${Math.round(performance.now() - began)} ms`);
    assert.deepEqual(names(reply), all);
    assert.equal(reply.next_page, "");
    assert.equal((reply.folders as string[]).length, 30);
    assert.deepEqual(names(await client.call("list-items", { path: "/many", "minimal-view": true })), all);
  });

  it("are listed in pages of 1,000 if asked, though items come and go meanwhile", async () => {
    const paged: string[] = [];
    let cursor = "";
    for (let page = 0; page === 0 || cursor !== ""; page += 1) {
      assert(page < 5, "the pages end");
      const reply = await client.call("list-items", {
        path: "/many",
        "auto-pagination": "disabled",
        "pagination-token": cursor,
      });
      const found = names(reply);
      assert(found.length <= 1000);
      paged.push(...found);
      cursor = String(reply.next_page);
      // In front of where the next page begins: nothing shifts.
      if (page === 0) {
        await create("/many/a/new", "x");
        await client.call("delete-item", { name: all[3] });
      }
    }
    assert.deepEqual(paged, all);
    await client.call("delete-item", { name: "/many/a/new" });
    await http.ask({ path: own("undelete"), body: { token, name: all[3] } });
    assert.deepEqual(names(await client.call("list-items", { path: "/many" })), all);
  });

  it("are listed by folder, tag and part of the name", async () => {
    const inFolder = all.filter((name) => name.startsWith("/many/folder-7/"));
    assert.equal(inFolder.length, 100);
    assert.deepEqual(names(await client.call("list-items", { path: "/many/folder-7" })), inFolder);
    const folder = await client.call("list-items", { path: "/many/folder-7/", "current-folder": true });
    assert.deepEqual([names(folder), folder.folders], [inFolder, null]);
    const top = await client.call("list-items", { path: "/many", "current-folder": true });
    assert.deepEqual([names(top), (top.folders as string[]).length], [[], 30]);
    const tagged = await client.call("list-items", { path: "/many", tag: "tag-3" });
    assert.equal(names(tagged).length, Math.ceil((count - 3) / 7));
    const filtered = await client.call("list-items", { path: "/many", filter: "item-0001" });
    assert.equal(names(filtered).length, 10);
  });

  it("are read side by side", async () => {
    await inParallel(300, 32, async (at) => assert.equal(await read(nameOf(at * 10)), `value ${at * 10}`));
  });
});

describe("two writers on one item", () => {
  it("with last-version: each round exactly one wins", async () => {
    const name = "/race/cas";
    await create(name, "0");
    for (let round = 1; round <= 40; round += 1) {
      const values = [`a${round}`, `b${round}`];
      const outcomes = await Promise.allSettled(
        values.map((value) => update(name, value, { "last-version": round })),
      );
      const winners = values.filter((_, at) => outcomes[at]?.status === "fulfilled");
      assert.equal(winners.length, 1, `round ${round}`);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") assert.equal((outcome.reason as AkeylessError).code, "E_CONFLICT");
        else assert.equal(outcome.value, round + 1);
      }
      assert.equal(await read(name), winners[0]);
    }
  });

  it("without: both win, each with a version of his own", async () => {
    const name = "/race/both";
    await create(name, "0");
    const versions = await Promise.all(Array.from({ length: 30 }, (_, at) => update(name, `value ${at}`)));
    assert.deepEqual(
      versions.map(Number).sort((a, b) => a - b),
      Array.from({ length: 30 }, (_, at) => at + 2),
    );
    for (const [at, version] of versions.entries())
      assert.equal(await read(name, Number(version)), `value ${at}`);
  });

  it("creating the same name: exactly one wins", async () => {
    for (let round = 0; round < 10; round += 1) {
      const name = `/race/create-${round}`;
      const outcomes = await Promise.allSettled(["a", "b", "c"].map((value) => create(name, value)));
      const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
      assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
      assert.equal(await read(name), ["a", "b", "c"][winner]);
      assert.deepEqual(await versionsOf(name), [1]);
    }
  });

  it("deleting and updating: the item is there or not, never by halves", async () => {
    for (let round = 0; round < 10; round += 1) {
      const name = `/race/delete-${round}`;
      await create(name, "0");
      const [updated] = await Promise.allSettled([update(name, "1"), client.call("delete-item", { name })]);
      assert.equal(await refusal(read(name)), "404 E_NOT_FOUND");
      if (updated.status === "rejected")
        assert.equal((updated.reason as AkeylessError).code, "E_NOT_FOUND", String(updated.reason));
    }
  });
});

describe("versions", () => {
  it("above max-versions the oldest go, and numbers go on", async () => {
    const name = "/versions/three";
    await create(name, "1", { "max-versions": 3 });
    for (let at = 2; at <= 6; at += 1) assert.equal(await update(name, String(at)), at);
    assert.deepEqual(await versionsOf(name), [6, 5, 4]);
    assert.equal(await refusal(read(name, 3)), "404 E_NOT_FOUND");
    assert.equal(await read(name, 4), "4");
    await client.call("update-item", { name, "max-versions": 1 });
    assert.equal(await update(name, "7"), 7);
    assert.deepEqual(await versionsOf(name), [7]);
    await client.call("update-item", { name, "max-versions": 2 });
    assert.equal(await update(name, "8", { "keep-prev-version": "false" }), 8);
    assert.deepEqual(await versionsOf(name), [8]);
  });

  it("of an item without a limit of its own are not lost below the account's: the 101st is refused", async () => {
    const name = "/versions/hundred";
    const tags = Array.from({ length: 64 }, (_, at) => `${at}-`.padEnd(256, "t"));
    await create(name, "1", { description: "d".repeat(16_384), tags });
    for (let at = 2; at <= 100; at += 1) assert.equal(await update(name, String(at)), at);
    assert.equal(await refusal(update(name, "101")), "409 E_CONFLICT");
    assert.equal((await versionsOf(name)).length, 100);
    assert.equal(await read(name, 1), "1");
    await client.call("delete-item", { name, version: 1 });
    assert.equal(await update(name, "101"), 101);
    assert.equal(await refusal(client.call("update-item", { name, "add-tag": ["one-more"] })), "400 E_INPUT");
    await client.call("update-item", { name, "add-tag": ["another"], "rm-tag": [tags[0]] });
    await client.call("update-item", { name, "new-name": "/versions/moved" });
    assert.equal(await read("/versions/moved", 57), "57");
  });

  it("are numbered on through deletion, undeletion and a new start", async () => {
    const name = "/versions/again";
    const undelete = async () => {
      const { status, text } = await http.ask({ path: own("undelete"), body: { token, name } });
      return status === 200 ? (JSON.parse(text) as { version: number }).version : status;
    };
    await create(name, "1");
    assert.equal(await update(name, "2"), 2);
    await client.call("delete-item", { name });
    assert.equal(await refusal(read(name)), "404 E_NOT_FOUND");
    assert.equal(await undelete(), 2);
    assert.equal(await read(name, 1), "1");
    assert.equal(await update(name, "3"), 3);
    await client.call("delete-item", { name, version: 3 });
    assert.equal(await read(name), "2");
    assert.equal(await update(name, "4"), 4);
    await client.call("delete-item", { name });
    assert.equal((await create(name, "5")).version, 5);
    assert.deepEqual(await versionsOf(name), [5]);
    assert.equal(await undelete(), 409);
    await client.call("delete-item", { name });
    assert.equal(await undelete(), 5);
    await product.restart();
    assert.deepEqual(await versionsOf(name), [5]);
    assert.equal(await update(name, "6"), 6);
    assert.equal((await client.call("rollback-secret", { name, "old-version": 5 })).version, 7);
    assert.equal(await read(name), "5");
    assert.equal(
      await refusal(client.call("rollback-secret", { name, "old-version": 4 })),
      "404 E_NOT_FOUND",
    );
    await client.call("delete-item", { name, version: 5 });
    await client.call("delete-item", { name, version: 6 });
    assert.equal(await refusal(client.call("delete-item", { name, version: 7 })), "409 E_CONFLICT");
  });
});
