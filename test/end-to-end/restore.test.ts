/** Restoring a gateway from paper and a backup, with both halves as processes (M12, F13, F31, F33, attacks 20 and 33). */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { programs } from "../../dev/layout.ts";
import { gatewayCommand, gatewayJson, sheetFiles } from "../support/gateway-command.ts";
import { Halves } from "../support/halves.ts";
import { runHalf } from "../support/run-half.ts";

let halves: Halves;
let paper: string;
let bundles: string;
let credentials: { accessId: string; accessKey: string };
let instance: string;
const shares = (...numbers: number[]) => [
  "--share-files",
  numbers.map((one) => sheetFiles(paper)[one - 1]).join(","),
];

before(async () => {
  halves = new Halves();
  paper = join(halves.folder, "paper");
  bundles = join(halves.folder, "off-site");
  await halves.startVault();
  credentials = await halves.initGateway({ more: ["--shares-to", paper] });
  const gateway = await halves.startGateway();
  for (let at = 0; at < 10; at += 1)
    await gateway.client.call("create-secret", { name: `/mdapi/app/item-${at}/key`, value: `value-${at}` });
  const unseal = ["--data", halves.gatewayData(), "--key-file", halves.keyFile];
  await gatewayJson(["backup", "now", ...unseal, "--to", bundles]);
  await gateway.client.call("create-secret", {
    name: "/mdapi/app/later/key",
    value: "written after the backup",
  });
  await gateway.stop();
  copyFileSync(join(halves.gatewayData(), "shares.json"), join(halves.folder, "shares.json"));
  ({ instance } = JSON.parse(
    (await runHalf("vault", ["instances", "--data", halves.vaultData, "--json"])).stdout,
  )[0]);
});
after(() => halves.stop());

async function rekeyCode(): Promise<string> {
  const { stdout } = await runHalf("vault", [
    "enrol-code",
    "--rekey",
    instance,
    "--data",
    halves.vaultData,
    "--json",
  ]);
  return JSON.parse(stdout).code;
}

test("the old machine is gone: paper, a backup and the vault make a gateway that serves everything", async () => {
  rmSync(halves.gatewayData(), { recursive: true });
  const restored = halves.gatewayData("restored");
  writeFileSync(join(halves.folder, "new-pass"), "six words of a new passphrase\n", { mode: 0o600 });
  const unseal = ["--passphrase-file", join(halves.folder, "new-pass")];
  const done = await gatewayJson(
    ["restore", "--data", restored, "--from", bundles, ...shares(3, 1), "--code", "-", ...unseal],
    { input: await rekeyCode() },
  );
  assert.equal(done.resumed, false);
  assert.equal(Number(done.vaultSeq) > Number(done.seq), true);
  writeFileSync(join(restored, "admin.json"), JSON.stringify(credentials));
  const gateway = await halves.startGateway({ name: "restored", unseal });
  const names = ["/mdapi/app/item-0/key", "/mdapi/app/item-9/key", "/mdapi/app/later/key"];
  const values = await gateway.client.call("get-secret-value", { names });
  assert.deepEqual(Object.values(values), ["value-0", "value-9", "written after the backup"]);
  await gateway.client.call("create-secret", { name: "/mdapi/app/new/key", value: "n" });
  await gateway.stop();
  assert(!existsSync(join(restored, "restoring")));
});

test("a restore that is killed at any step is finished by the same command", {
  timeout: 120_000,
}, async () => {
  const data = halves.gatewayData("killed");
  const code = join(halves.folder, "code");
  writeFileSync(code, await rekeyCode(), { mode: 0o600 });
  const args = ["restore", "--data", data, "--from", bundles, ...shares(1, 2), "--key-file", halves.keyFile];
  // Killed when it has staged the journal, and when it has sealed the fragment: the two places where most is at stake.
  for (const file of ["restoring/journal", "restoring/customer-fragment.pem"]) {
    await killOnceThere([...args, "--code", code], join(data, file));
    assert(!existsSync(join(data, "customer-fragment.pem")));
  }
  const done = await gatewayJson([...args, "--code", code]);
  assert.equal(done.resumed, true);
  assert(existsSync(join(data, "customer-fragment.pem")) && !existsSync(join(data, "restoring")));
  const again = await gatewayCommand([...args, "--code", code]);
  assert.equal(again.exitCode, 1);
  assert.match(again.stderr, /holds a gateway already/);
});

test("row 33: a backup of another account is refused, whichever way it comes; so are shares of another", async () => {
  const others = new Halves();
  try {
    others.vaultUrl = "";
    await others.startVault();
    const otherPaper = join(others.folder, "paper");
    await others.initGateway({ more: ["--shares-to", otherPaper] });
    const otherBundles = join(others.folder, "bundles");
    const unseal = ["--data", others.gatewayData(), "--key-file", others.keyFile];
    // A stranger encrypts his own account to our recipient, which is no secret.
    const { recipient } = JSON.parse(readFileSync(join(halves.folder, "shares.json"), "utf8"));
    await gatewayJson(["backup", "now", ...unseal, "--to", otherBundles, "--recipients", recipient]);
    const attempt = async (more: string[]) => {
      const result = await gatewayCommand([
        ...["restore", "--data", halves.gatewayData("stranger"), "--key-file", halves.keyFile],
        ...["--keep-vault-key", ...more],
      ]);
      assert.equal(result.exitCode, 1, result.stderr);
      assert(!existsSync(join(halves.gatewayData("stranger"), "customer-fragment.pem")));
      return result.stderr;
    };
    assert.match(await attempt(["--from", otherBundles, ...shares(1, 2)]), /another account than the sheets/);
    const theirs = sheetFiles(otherPaper);
    const mixed = ["--share-files", [theirs[0], sheetFiles(paper)[1]].join(",")];
    assert.match(await attempt(["--from", bundles, ...mixed]), /different sets/);
    const wrong = ["--share-files", [theirs[0], theirs[1]].join(",")];
    assert.match(await attempt(["--from", bundles, ...wrong]), /not encrypted to these paper shares/);
  } finally {
    await others.stop();
  }
});

test("a vault that shows less than is known elsewhere stops the restore", async () => {
  const data = halves.gatewayData("withheld");
  const args = ["restore", "--data", data, "--from", bundles, ...shares(1, 2), "--key-file", halves.keyFile];
  const input = await rekeyCode();
  const result = await gatewayCommand([...args, "--code", "-", "--known-seq", "100000"], { input });
  assert.equal(result.exitCode, 2);
  assert.match(result.stderr, /the vault's head is \d+, and 100000 is known/);
  assert(!existsSync(join(data, "customer-fragment.pem")));
});

/** Starts a command and kills it as soon as a file is there. */
async function killOnceThere(args: string[], file: string): Promise<void> {
  const child = spawn(process.execPath, [programs.gateway, ...args], { stdio: "ignore" });
  const ended = once(child, "exit");
  const end = Date.now() + 60_000;
  while (!existsSync(file)) {
    assert(child.exitCode === null && Date.now() < end, `${file} never came`);
    await sleep(1);
  }
  child.kill("SIGKILL");
  await ended;
}
