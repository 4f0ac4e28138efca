import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { GatewayDouble } from "../testing/gateway-double.ts";
import { invoke } from "../testing/invoke.ts";

const search = "/halfkey/v1/audit/search";
const verify = "/halfkey/v1/audit/verify";

const read = (index: number, more: object = {}) => ({
  ...{
    k: 1,
    index,
    t: Date.UTC(2026, 10, 24) + index,
    who: "p-a",
    op: "read",
    path: `/mdapi/a/${index}`,
    v: 1,
    ok: true,
  },
  ...{ req: "00112233aabbccdd", rule: "everything /*", ...more },
});

/** Answers searches out of a list, in pages of two. */
async function doubleWith(entries: object[], problems: string[] = []) {
  const double = await GatewayDouble.start();
  double.answers.set(search, (body) => {
    const at = body.after === undefined ? 0 : Number(String(body.after).split(":")[1]);
    const sorted = body.order === "newest" ? entries.toReversed() : entries;
    const next = at + 2 < sorted.length ? `1:${at + 2}` : null;
    return { body: { entries: sorted.slice(at, at + 2), next, problems } };
  });
  return double;
}

const bodiesOf = (double: GatewayDouble) =>
  double.requests.filter(({ command }) => command === search).map(({ body: { token: _, ...body } }) => body);

describe("audit search", () => {
  test("asks for pages until it has enough, newest first", async () => {
    await using double = await doubleWith([0, 1, 2, 3, 4].map((index) => read(index)));
    const { environment } = double;
    const { exitCode, stdout } = await invoke(["audit", "search", "--limit", "3"], { environment });
    assert.equal(exitCode, 0);
    const lines = stdout.toString().trimEnd().split("\n");
    assert.equal(lines.length, 4);
    assert.match(
      lines[1] ?? "",
      /2026-11-24T00:00:00.004Z +p-a +read +yes +\/mdapi\/a\/4 +v=1 rule=everything \/\*/,
    );
    assert.equal(bodiesOf(double).length, 2);
  });

  test("sends its filters", async () => {
    await using double = await doubleWith([]);
    const words = [
      "--since",
      "2026-11-24T05:30:00Z",
      "--until",
      "2026-11-25",
      "--who",
      "p-a",
      "--op",
      "read",
      "--path",
      "mdapi",
    ];
    const { stderr } = await invoke(["audit", "search", ...words, "--refused", "--oldest"], double);
    assert.match(stderr, /no entry matches/);
    assert.deepEqual(bodiesOf(double)[0], {
      since: Date.UTC(2026, 10, 24, 5, 30),
      until: Date.UTC(2026, 10, 25),
      ...{ who: "p-a", op: "read", path: "/mdapi", ok: false, order: "oldest", limit: 50 },
    });
    const before = Date.now() - 2 * 3_600_000;
    await invoke(["audit", "search", "--since", "2h"], double);
    assert(Math.abs(Number(bodiesOf(double)[1]?.since) - before) < 60_000);
    for (const time of ["yesterday", "1", "2h30", "2026", ""]) {
      const { exitCode, stderr: said } = await invoke(["audit", "search", "--since", time], double);
      assert.equal(exitCode, 1, time);
      assert.match(said, /no time/);
    }
  });

  test("writes out what could move the cursor, in tables and in JSON", async () => {
    await using double = await doubleWith([
      read(0, { path: "/mdapi/\u001b[2J\u202e\nx", rule: "r\u0007 /*" }),
    ]);
    for (const format of ["table", "json"]) {
      const { stdout } = await invoke(["audit", "search", "-o", format], double);
      for (const unsafe of ["\u001b", "\u0007", "\u202e"]) assert(!stdout.toString().includes(unsafe));
    }
    const { stdout } = await invoke(["audit", "search", "--json"], double);
    assert.equal(JSON.parse(stdout.toString())[0].path, "/mdapi/\u001b[2J\u202e\nx");
  });

  test("shows entries that do not open, and what could not be read", async () => {
    await using double = await doubleWith(
      [{ k: 1, index: 7, unreadable: "E_TAG" }],
      ["/audit/1/x is damaged"],
    );
    const { stdout, stderr } = await invoke(["audit", "search"], double);
    assert.match(stdout.toString(), /entry 1:7 does not open \(E_TAG\)/);
    assert.match(stderr, /warning: \/audit\/1\/x is damaged/);
  });
});

test("audit tail shows the last entries, oldest first, and follows what comes", async () => {
  await using double = await doubleWith([0, 1, 2].map((index) => read(index)));
  const { stdout } = await invoke(["audit", "tail", "--json", "-n", "2"], double);
  const entries = stdout
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    entries.map(({ index }) => index),
    [1, 2],
  );

  let asked = 0;
  double.answers.set("/halfkey/v1/audit/tail", ({ after }) => {
    asked += 1;
    if (asked > 2) return { status: 503, body: { error: "stopping" } };
    const index = Number(String(after).split(":")[1]) + 1;
    return {
      body: {
        entries: asked === 1 ? [read(index)] : [],
        next: `1:${asked === 1 ? index : index - 1}`,
        problems: [],
      },
    };
  });
  const followed = await invoke(["audit", "tail", "-f", "--json", "-n", "2"], double);
  assert.equal(followed.exitCode, 2);
  assert.deepEqual(
    followed.stdout
      .toString()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).index),
    [1, 2, 3],
  );
});

describe("audit export", () => {
  const folder = mkdtempSync(join(tmpdir(), "halfkey-export-"));
  test.after(() => rmSync(folder, { recursive: true }));

  test("writes every entry as a line of JSON, oldest first, to a private file or to stdout", async () => {
    await using double = await doubleWith(
      [0, 1, 2, 3, 4].map((index) => read(index, { path: `/x\u001b\n${index}` })),
    );
    const file = join(folder, "audit.ndjson");
    const { exitCode, stderr } = await invoke(["audit", "export", file], double);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /5 entries written/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const text = readFileSync(file, "utf8");
    assert(!text.includes("\u001b"));
    const entries = text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      entries.map(({ index, path }) => [index, path]),
      [0, 1, 2, 3, 4].map((index) => [index, `/x\u001b\n${index}`]),
    );
    const { stdout } = await invoke(["audit", "export"], double);
    assert.equal(stdout.toString(), text);

    const again = await invoke(["audit", "export", file], double);
    assert.equal(again.exitCode, 1);
    assert.match(again.stderr, /there already/);
    assert.equal(readFileSync(file, "utf8"), text);
  });

  test("says that it is not complete", async () => {
    await using double = await doubleWith([read(0)], ["segment x cannot be read"]);
    const { exitCode, stderr } = await invoke(["audit", "export"], double);
    assert.equal(exitCode, 2);
    assert.match(stderr, /not complete/);
  });
});

describe("audit verify", () => {
  const segment = (first: number, next: string | null, problem: object | null = null) => ({
    ...{ k: 1, first, leaves: 10, checkpoints: 2, unopened: 0, problem, next },
    log: { k: 1, size: 20, anchored: 15 },
  });

  async function invokeWith(second: object) {
    await using double = await GatewayDouble.start();
    double.answers.set(verify, ({ from }) => ({ body: from === undefined ? segment(0, "1:10") : second }));
    return await invoke(["audit", "verify"], double);
  }

  test("walks through all segments and sums up", async () => {
    const { exitCode, stdout } = await invokeWith(segment(10, null));
    assert.equal(exitCode, 0);
    assert.match(stdout.toString(), /1 +0 +20 +2 +4 +15 +whole/);
  });

  test("names the first bad entry, and fails", async () => {
    const problem = {
      k: 1,
      index: 13,
      file: "/audit/1/10.leaves",
      offset: 77,
      what: "this leaf was altered",
    };
    const { exitCode, stdout, stderr } = await invokeWith(segment(10, null, problem));
    assert.equal(exitCode, 2);
    assert.match(stdout.toString(), /NOT WHOLE/);
    assert.match(stderr, /entry 1:13: this leaf was altered \(\/audit\/1\/10.leaves, byte 77\)/);
  });
});
