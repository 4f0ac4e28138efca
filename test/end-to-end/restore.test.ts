/** Restoring a gateway from paper and a backup, with both halves as processes (M12, F13, F31, F33, attacks 20 and 33). */
import assert from "node:assert/strict";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gatewayJson, sheetFiles } from "../support/gateway-command.ts";
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
