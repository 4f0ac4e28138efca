// kill -9 in the middle of the very first steps: each may be repeated, and they make one account (decision 32).
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { type Half, startHalf } from "../../dev/half.ts";
import { runHalf } from "../support/run-half.ts";

const folder = mkdtempSync(join(tmpdir(), "halfkey-first-start-"));
const vaultData = join(folder, "vault");
const keyFile = join(folder, "unseal.key");
/** It does nothing yet then: loading the program takes longer. */
const firstKillMs = 250;
/** Each kill comes so much later than the one before: on a busy machine everything takes a multiple. */
const factor = 1.15;
let vault: Half;
let vaultUrl: string;

before(async () => {
  writeFileSync(keyFile, "7".repeat(64), { mode: 0o600 });
  vault = startHalf("vault", ["serve", "--data", vaultData, "--port", "0"], join(folder, "vault.log"));
  vaultUrl = await vault.ready();
});
after(async () => {
  await vault?.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("init killed a little later each time, until it succeeds", async (t) => {
  const data = join(folder, "gateway");
  const made = await runHalf("vault", ["enrol-code", "--new-account", "--data", vaultData, "--json"]);
  const { code } = JSON.parse(made.stdout);
  const init = (killAfterMs?: number) =>
    runHalf(
      "gateway",
      [
        ...["init", "--data", data, "--vault", vaultUrl, "--vault-ca", join(vaultData, "tls", "ca.pem")],
        ...["--key-file", keyFile, "--credentials", join(data, "admin.json"), "--grant-all", "--json"],
      ],
      { input: code, ...(killAfterMs === undefined ? {} : { killAfterMs }) },
    );
  let killed = 0;
  while ((await init(Math.round(firstKillMs * factor ** killed))).exitCode !== 0) {
    killed += 1;
    assert(killed < 100, "it never succeeds");
  }
  t.diagnostic(`killed ${killed} times`);
  assert(killed > 2);

  const again = await init();
  assert.equal(again.exitCode, 0, again.stderr);
  const { stdout } = await runHalf("vault", ["accounts", "--data", vaultData, "--json"]);
  const accounts: { account: string }[] = JSON.parse(stdout);
  assert.deepEqual(
    accounts.map(({ account }) => account),
    [JSON.parse(again.stdout).account],
  );

  const serve = ["serve", "--data", data, "--port", "0", "--key-file", keyFile];
  const serving = startHalf("gateway", serve, join(folder, "gateway.log"));
  await serving.ready();
  await serving.stop();
  assert.equal(await serving.ended, "exit code 0");
});
