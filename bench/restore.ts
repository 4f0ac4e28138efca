// How long it takes from the command on an empty folder to the first served read: `node bench/restore.ts [items]`.
// Beside it a backup and a drill of the same account. Not part of `npm test`: 100,000 items take minutes to create.
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { AkeylessError } from "../test/support/akeyless-client.ts";
import { gatewayJson, sheetFiles } from "../test/support/gateway-command.ts";
import { Halves, type RunningGateway } from "../test/support/halves.ts";
import { runHalf } from "../test/support/run-half.ts";
import { cpuSeconds } from "./process-stat.ts";

const count = Number(process.argv[2] ?? 10_000);
const writers = 128;
const ticksPerSecond = 100;
const endMilliseconds = 10 * 60_000;
const nameOf = (at: number) => `/bench/folder-${Math.floor(at / 1000)}/item-${at % 1000}/key`;

const halves = new Halves();
try {
  const paper = join(halves.folder, "paper");
  const bundles = join(halves.folder, "off-site");
  const shares = ["--share-files", sheetFiles(paper).slice(0, 2).join(",")];
  await halves.startVault();
  const credentials = await halves.initGateway({ more: ["--shares-to", paper] });
  const gateway = await halves.startGateway();
  await createAll(gateway);

  const unseal = ["--data", halves.gatewayData(), "--key-file", halves.keyFile];
  const made = await gatewayJson(["backup", "now", ...unseal, "--to", bundles], { endMilliseconds });
  tell("backup, read back", Number(made.seconds));
  const mebibytes = statSync(join(bundles, String(made.name))).size / 1024 / 1024;
  console.log(`${count} items, ${made.entries} entries: a bundle of ${mebibytes.toFixed(1)} MiB`);
  const drill = await gatewayJson(["backup", "drill", "--from", bundles, ...shares], { endMilliseconds });
  if (drill.items !== count) throw new Error(`${drill.items} items, not ${count}`);
  tell("drill", Number(drill.seconds));
  await gateway.stop();

  const listed = await runHalf("vault", ["instances", "--data", halves.vaultData, "--json"]);
  const [{ instance }] = JSON.parse(listed.stdout);
  const code = await runHalf("vault", [
    "enrol-code",
    "--rekey",
    instance,
    "--data",
    halves.vaultData,
    "--json",
  ]);
  const began = performance.now();
  const cpuBegan = endedChildrenCpuSeconds();
  const data = halves.gatewayData("restored");
  await gatewayJson(
    ["restore", "--data", data, "--key-file", halves.keyFile, "--from", bundles, ...shares, "--code", "-"],
    { input: JSON.parse(code.stdout).code, endMilliseconds },
  );
  tell("restore alone", (performance.now() - began) / 1000);
  const restoreCpu = endedChildrenCpuSeconds() - cpuBegan;
  writeFileSync(join(data, "admin.json"), JSON.stringify(credentials));
  const restored = await halves.startGateway({ name: "restored" });
  const name = nameOf(count - 1);
  const value = (await restored.client.call("get-secret-value", { names: [name] }))[name];
  if (value !== `value of ${count - 1}`) throw new Error("the restored gateway serves another value");
  tell("from the command to the first served read", (performance.now() - began) / 1000);
  const serveCpu = cpuSeconds(restored.half.pid);
  console.log(`processor time: restore ${restoreCpu.toFixed(1)} s, start and read ${serveCpu.toFixed(1)} s`);
  await restored.stop();
} finally {
  await halves.stop();
}

async function createAll({ client }: RunningGateway): Promise<void> {
  let next = 0;
  const write = async () => {
    while (next < count) {
      const at = next;
      next += 1;
      await createOne(client, at);
      if (at % 10_000 === 9999) console.error(`  ${at + 1} items`);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

/** Repeats what got no answer in time: a busy machine is no reason to begin anew. */
async function createOne(client: RunningGateway["client"], at: number): Promise<void> {
  for (;;) {
    try {
      await client.call("create-secret", { name: nameOf(at), value: `value of ${at}` });
      return;
    } catch (error) {
      if (!(error instanceof AkeylessError)) throw error;
      if (error.code === "E_EXISTS") return;
      if (error.status !== 503) throw error;
    }
  }
}

/** Wall time measures the neighbours too; processor time is what an idle machine would need at least. */
function endedChildrenCpuSeconds(): number {
  const stat = readFileSync("/proc/self/stat", "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

function tell(what: string, seconds: number): void {
  console.log(`${what}: ${seconds.toFixed(1)} s`);
}
