/** Backups and paper shares, with both halves as processes (docs/backup.md, attacks 32 and 33, faults F32 and F33). */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gatewayCommand, gatewayJson, sheetFiles } from "../support/gateway-command.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { eventually } from "../support/scenario.ts";

const inCi = process.env.CI === "true";

let halves: Halves;
let gateway: RunningGateway;
const data = () => halves.gatewayData();
const unseal = () => ["--data", data(), "--key-file", halves.keyFile];
const target = () => join(halves.folder, "backups");
const sheets = () => sheetFiles(join(data(), "recovery"));
const some = (...numbers: number[]) => ["--share-files", numbers.map((one) => sheets()[one - 1]).join(",")];

before(async () => {
  halves = new Halves();
  await halves.startVault();
  await halves.initGateway();
  gateway = await halves.startGateway();
  for (let at = 0; at < 20; at += 1)
    await gateway.client.call("create-secret", { name: `/mdapi/app/item-${at}/key`, value: `value-${at}` });
});
after(async () => {
  gateway.client.close();
  await halves.stop();
});

test("init writes three sheets for their holders alone, and nothing of them anywhere else", () => {
  const folder = join(data(), "recovery");
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const names = readdirSync(folder).sort();
  assert.deepEqual(
    names,
    [1, 2, 3].flatMap((at) => [`share-${at}-of-3.html`, `share-${at}-of-3.txt`]),
  );
  for (const name of names) {
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600);
    assert.match(readFileSync(join(folder, name), "utf8"), /HKS1-[0-9A-Z-]{70,}/);
  }
  const page = readFileSync(join(folder, "share-1-of-3.html"), "utf8");
  assert.match(page, /<svg /);
  assert.doesNotMatch(page, /<script|https?:\/\/(?!www\.w3\.org)|src=/);
  const [share = ""] = /HKS1-[0-9A-Z-]+/.exec(page) ?? [];
  for (const name of readdirSync(data(), { recursive: true, encoding: "utf8" })) {
    const file = join(data(), name);
    if (name.startsWith("recovery") || !statSync(file).isFile()) continue;
    assert(!readFileSync(file, "latin1").includes(share), name);
  }
});

test("sheets are checked without being shown; enough of them are proved to recover, and that is noted", async () => {
  const one = await gatewayCommand(["shares", "check", "--data", data(), ...some(1)]);
  assert.equal(one.exitCode, 0, one.stderr);
  assert.match(one.stdout, /Well so far: 1 .*2 are needed/);
  const [share = ""] = /HKS1-[0-9A-Z-]+/.exec(readFileSync(sheets()[1] ?? "", "utf8")) ?? [];
  const typed = await gatewayJson(["shares", "check", "--data", data()], {
    input: `${share.toLowerCase()}\n${(/HKS1-[0-9A-Z-]+/.exec(readFileSync(sheets()[2] ?? "", "utf8")) ?? [])[0]}\n`,
  });
  assert.deepEqual(typed, { set: typed.set, seen: 2, threshold: 2, recovers: true });
  assert(JSON.parse(readFileSync(join(data(), "shares.json"), "utf8")).checked);
  for (const { stdout, stderr } of [one]) assert(!`${stdout}${stderr}`.includes(share.slice(5, 20)));

  const bent = share.replace(/.$/, share.endsWith("G") ? "H" : "G");
  const refused = await gatewayCommand(["shares", "check", "--data", data()], { input: `${bent}\n` });
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /check sum/);
  assert(!refused.stderr.includes(share.slice(5, 20)));
});

test("a backup beside a serving gateway is read back, opens with any two shares, and its drill reads an item", async () => {
  const made = await gatewayJson(["backup", "now", ...unseal(), "--to", target()]);
  const name = String(made.name);
  assert.match(name, /^halfkey-cf-[a-z2-7]{16}-\d+-[0-9a-f]{8}\.age$/);
  assert.deepEqual([made.blobs, made.lost], [20, 0]);
  const file = join(target(), name);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(target()), [name]);
  for (const pair of [some(1, 2), some(2, 3), some(3, 1)]) {
    const found = await gatewayJson(["backup", "verify", "--from", target(), ...pair]);
    assert.deepEqual([found.seq, found.blobs], [made.seq, 20]);
  }
  const done = await gatewayJson(["backup", "drill", "--from", target(), ...some(1, 3)]);
  assert.deepEqual([done.items, done.read], [20, true]);
  assert.equal(
    (await gateway.client.call("get-secret-value", { names: ["/mdapi/app/item-3/key"] }))[
      "/mdapi/app/item-3/key"
    ],
    "value-3",
  );
});

const noRclone = spawnSync("rclone", ["version"]).error === undefined ? false : "rclone is not installed";

test("an rclone remote holds bundles as a folder does", { skip: !inCi && noRclone }, async () => {
  assert.equal(noRclone, false);
  const folder = join(halves.folder, "remote");
  // rclone takes the configuration of a remote from the environment, too.
  process.env.RCLONE_CONFIG_HERE_TYPE = "local";
  const remote = `rclone:here:${folder}`;
  mkdirSync(folder);
  writeFileSync(join(folder, "no-bundle.txt"), "left alone");
  const made = await gatewayJson(["backup", "now", ...unseal(), "--to", remote]);
  const name = String(made.name);
  assert.deepEqual(readdirSync(folder).sort(), [name, "no-bundle.txt"].sort());
  const done = await gatewayJson(["backup", "drill", "--from", remote, ...some(1, 2)]);
  assert.deepEqual([done.items, done.read], [20, true]);
  const away = await gatewayCommand(["backup", "now", ...unseal(), "--to", "rclone:nowhere:bundles"]);
  assert.notEqual(away.exitCode, 0);
  assert.match(away.stderr, /rclone copyto failed/);
});

test("one share opens nothing; neither does a share with one of another set", async () => {
  const one = await gatewayCommand(["backup", "verify", "--from", target(), ...some(2)]);
  assert.equal(one.exitCode, 1);
  assert.match(one.stderr, /needs 2 different paper shares; 1 was given/);
  const twice = await gatewayCommand(["backup", "verify", "--from", target(), ...some(2, 2)]);
  assert.match(twice.stderr, /needs 2 different/);
});

test("F32: a bundle that lacks its last chunk, its end or one bit is refused", async () => {
  const [name = ""] = readdirSync(target());
  const whole = readFileSync(join(target(), name));
  const file = join(halves.folder, name);
  const refuse = async (bytes: Buffer, what: string) => {
    writeFileSync(file, bytes);
    const { exitCode, stderr } = await gatewayCommand(["backup", "verify", "--from", file, ...some(1, 2)]);
    assert.equal(exitCode, 1, what);
    assert.match(stderr, /refused: .*(cut off|damaged)/, what);
  };
  await refuse(whole.subarray(0, whole.length - 1), "one byte");
  await refuse(whole.subarray(0, whole.length - ((whole.length - 5000) % 65_552)), "last chunk");
  await refuse(whole.subarray(0, 1000), "header");
  const bent = Buffer.from(whole);
  bent[whole.length - 100] = (bent[whole.length - 100] ?? 0) ^ 4;
  await refuse(bent, "one bit");
  truncateSync(file, 0);
  assert.equal((await gatewayCommand(["backup", "verify", "--from", file, ...some(1, 2)])).exitCode, 1);
});

test("sheets that others can read are not taken", async () => {
  const [first = ""] = sheets();
  chmodSync(first, 0o644);
  const { exitCode, stderr } = await gatewayCommand(["backup", "verify", "--from", target(), ...some(1, 2)]);
  chmodSync(first, 0o600);
  assert.equal(exitCode, 1);
  assert.match(stderr, /can be read by others/);
  assert(existsSync(first));
});

test("a gateway that serves backs up by itself, on schedule and on change, while it is written to", async () => {
  const folder = join(halves.folder, "scheduled");
  await gateway.stop();
  gateway = await halves.startGateway({
    more: [
      "--backup-to",
      folder,
      "--backup-every",
      "3600",
      "--backup-on-change",
      "1",
      "--backup-keep",
      "last=2",
    ],
  });
  const page = () =>
    gatewayPage({ gatewayUrl: gateway.url, caFile: join(data(), "tls", "ca.pem") }, "/ready");
  const bundles = () =>
    existsSync(folder) ? readdirSync(folder).filter((name) => /^halfkey-.*age$/.test(name)) : [];
  await eventually("the first backup", () => bundles().length > 0);
  const [first] = bundles();
  // F32: what is written meanwhile belongs to the next bundle, and each bundle is whole.
  let writing = true;
  const writes = (async () => {
    let at = 0;
    for (; writing; at += 1) {
      const name = `/mdapi/app/busy-${at}/key`;
      await gateway.client.call("create-secret", { name, value: `busy-${at}` });
    }
    return at;
  })();
  const made = await gatewayJson(["backup", "now", ...unseal(), "--to", folder]);
  writing = false;
  const written = await writes;
  assert(written > 0);
  const found = await gatewayJson([
    "backup",
    "verify",
    "--from",
    join(folder, String(made.name)),
    ...some(1, 2),
  ]);
  assert.deepEqual([found.records, found.blobs], [made.records, made.blobs]);
  await eventually("a backup of the change", async () => {
    const newest = await gatewayJson(["backup", "verify", "--from", folder, ...some(1, 2)]);
    return Number(newest.blobs) === 20 + written;
  });
  await eventually("the oldest is deleted", () => !bundles().includes(first ?? ""));
  await eventually("nothing is left to do but to delete the sheets", async () => {
    const { warnings } = (await page()).body as { warnings: string[] };
    return warnings.length === 1 && /share sheets lie on this machine/.test(warnings[0] ?? "");
  });
});
