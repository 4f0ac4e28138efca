// How long a rotation of both fragments takes, and what reads feel of it. Not part of `npm test`: run it with
// `node bench/rotation.ts [items]`; 10,000 take a few minutes, most of it to make them.
import { setTimeout as sleep } from "node:timers/promises";
import type { RotateStatusReply } from "@halfkey/wire";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../test/support/akeyless-client.ts";
import { startProduct } from "../test/support/product.ts";
import { runCli } from "../test/support/run-cli.ts";

const count = Number(process.argv[2] ?? 10_000);
const writers = 128;
const readers = 8;
const calmMs = 8000;
const nameOf = (at: number) => `/bench/folder-${Math.floor(at / 1000)}/item-${at % 1000}/key`;

async function createAll(client: AkeylessClient): Promise<void> {
  let next = 0;
  const write = async () => {
    while (next < count) {
      const at = next++;
      for (let isMade = false; !isMade; ) {
        isMade = await client.call("create-secret", { name: nameOf(at), value: `value of ${at}` }).then(
          () => true,
          (error) => {
            if (!(error instanceof AkeylessError)) throw error;
            return error.code === "E_EXISTS";
          },
        );
      }
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

/** Reads one secret a request until `isOver`; gives the times, milliseconds. */
async function readUntil(client: AkeylessClient, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  const read = async () => {
    while (!isOver()) {
      const began = performance.now();
      await client.call("get-secret-value", { names: [nameOf(Math.floor(Math.random() * count))] });
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: readers }, read));
  return times.sort((a, b) => a - b);
}

function told(what: string, times: number[], ms: number): string {
  const at = (part: number) => (times[Math.floor(times.length * part)] ?? Number.NaN).toFixed(1);
  const rate = Math.round(times.length / (ms / 1000)).toLocaleString("en");
  return `| ${what} | ${rate} | ${at(0.5)} / ${at(0.99)} |`;
}

const product = await startProduct();
process.once("SIGINT", () => void product.stop().then(() => process.exit(130)));
const cli = async <T>(...args: string[]): Promise<T> => {
  const { exitCode, stdout, stderr } = await runCli([...args, "--json"], {
    env: { HALFKEY_DATA: product.dataDir },
  });
  if (exitCode !== 0) throw new Error(`halfkey ${args.join(" ")}: ${stderr}`);
  return JSON.parse(stdout.toString()) as T;
};
const client = createAkeylessClient(product.dev);
try {
  await createAll(client);
  const { fragment } = await cli<RotateStatusReply>("rotate", "status");
  const confirmed = ["--without-backup-check", fragment];
  const lines: string[] = [];
  for (const [how, ...flags] of [["with pauses"], ["at full speed", "--incident"]]) {
    const end = performance.now() + calmMs;
    lines.push(
      told(
        `reads before, ${readers} at once`,
        await readUntil(client, () => performance.now() > end),
        calmMs,
      ),
    );
    let isComplete = false;
    const began = performance.now();
    await cli("rotate", "all", ...flags, ...confirmed);
    const reading = readUntil(client, () => isComplete);
    let status: RotateStatusReply;
    do {
      await sleep(500);
      status = await cli<RotateStatusReply>("rotate", "status");
    } while (status.completed === null);
    isComplete = true;
    const ms = Date.parse(status.completed) - Date.parse(status.begun ?? "");
    lines.push(told(`reads during a rotation ${how}`, await reading, performance.now() - began));
    console.error(`${status.total} records ${how}: ${(ms / 1000).toFixed(1)} s under reads`);
    await cli("rotate", "finish", "--incident", ...confirmed);
  }
  await cli("rotate", "all", "--incident", ...confirmed);
  const alone = await cli<RotateStatusReply>("rotate", "status", "--wait");
  const ms = Date.parse(alone.completed ?? "") - Date.parse(alone.begun ?? "");
  console.error(`${alone.total} records at full speed, nobody reads: ${(ms / 1000).toFixed(1)} s`);
  console.log(lines.join("\n"));
} finally {
  client.close();
  await product.stop();
}
