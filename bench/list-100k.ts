// How the product bears many items: creation, memory of both halves, lists, reads, and starts with and without the
// gateway's snapshot. Not part of `npm test`: run it with `node bench/list-100k.ts [items]`; 100,000 take minutes.
import { once } from "node:events";
import { existsSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../test/support/akeyless-client.ts";
import { type Product, startProduct } from "../test/support/product.ts";
import { residentBytes } from "../test/support/resident-bytes.ts";

const count = Number(process.argv[2] ?? 100_000);
const writers = 128;
const perFolder = 1000;
const rows: [what: string, figure: string][] = [];

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
const milliseconds = (ms: number) => (ms < 10 ? `${ms.toFixed(2)} ms` : `${Math.round(ms)} ms`);
const nameOf = (at: number) => `/bench/folder-${Math.floor(at / perFolder)}/item-${at % perFolder}/key`;

function tell(what: string, figure: string): void {
  rows.push([what, figure]);
  console.error(`${what}: ${figure}`);
}

async function timed<T>(work: () => Promise<T>): Promise<[result: T, ms: number]> {
  const began = performance.now();
  const result = await work();
  return [result, performance.now() - began];
}

let delayed = 0;

/** Repeats what got no answer in time: a busy machine is no reason to begin anew. */
async function createOne(client: AkeylessClient, at: number): Promise<void> {
  const body = { name: nameOf(at), value: `value of ${at}`, tags: [`tag-${at % 10}`] };
  for (;;) {
    try {
      await client.call("create-secret", body);
      return;
    } catch (error) {
      if (!(error instanceof AkeylessError)) throw error;
      if (error.code === "E_EXISTS") return;
      if (error.status !== 503) throw error;
      delayed += 1;
    }
  }
}

async function createAll(client: AkeylessClient): Promise<void> {
  let next = 0;
  const write = async () => {
    while (next < count) {
      const at = next;
      next += 1;
      await createOne(client, at);
      if (at % 10_000 === 9999) console.error(`  ${at + 1} items`);
    }
  };
  const [, ms] = await timed(() => Promise.all(Array.from({ length: writers }, write)));
  if (delayed > 0) tell("creates without an answer within 2 s, repeated", String(delayed));
  tell(`creates, ${writers} at once`, `${Math.round(count / (ms / 1000))} a second`);
}

function tellMemory({ dev, dataDir }: Product, when: string): void {
  tell(`gateway's memory ${when}`, mebibytes(residentBytes(dev.pids.gateway)));
  tell(`vault's memory ${when}`, mebibytes(residentBytes(dev.pids.vault)));
  for (const file of ["gateway/journal", "gateway/snapshot", "vault/vault.sqlite"]) {
    const path = join(dataDir, file);
    if (existsSync(path)) tell(`${file} ${when}`, mebibytes(statSync(path).size));
  }
}

async function tellLists(client: AkeylessClient): Promise<void> {
  const folder = { path: "/bench/folder-0" };
  await client.call("list-items", folder);
  tell("list of a folder of 1,000", milliseconds((await timed(() => client.call("list-items", folder)))[1]));
  const minimal = { ...folder, "minimal-view": true };
  tell("the same, minimal view", milliseconds((await timed(() => client.call("list-items", minimal)))[1]));
  const one = { filter: "/folder-7/item-77/" };
  tell("filter that matches one", milliseconds((await timed(() => client.call("list-items", one)))[1]));
  const top = { path: "/bench", "current-folder": true };
  tell("folders of the top", milliseconds((await timed(() => client.call("list-items", top)))[1]));

  const times: number[] = [];
  let listed = 0;
  for (let cursor = ""; times.length === 0 || cursor !== ""; ) {
    const body = { path: "/bench", "auto-pagination": "disabled", "pagination-token": cursor };
    const [reply, ms] = await timed(() => client.call("list-items", body));
    times.push(ms);
    listed += (reply.items as unknown[]).length;
    cursor = String(reply.next_page);
  }
  if (listed !== count) throw new Error(`${listed} items in all pages, not ${count}`);
  times.sort((a, b) => a - b);
  tell(`all in ${times.length} pages`, milliseconds(times.reduce((sum, ms) => sum + ms, 0)));
  tell(
    "one page, median and worst",
    `${milliseconds(times[times.length >> 1] ?? 0)}, ${milliseconds(times.at(-1) ?? 0)}`,
  );
  try {
    const [reply, ms] = await timed(() => client.call("list-items", { path: "/bench" }));
    tell(`all ${(reply.items as unknown[]).length} in one reply`, milliseconds(ms));
  } catch (error) {
    if (!(error instanceof AkeylessError)) throw error;
    tell("all in one reply", `${error.status} ${error.body}`);
  }
}

async function tellReads(client: AkeylessClient): Promise<void> {
  for (const command of ["describe-item", "get-secret-value"]) {
    const times: number[] = [];
    for (let at = 0; at < 500; at += 1) {
      const name = nameOf(Math.floor(Math.random() * count));
      const body = command === "describe-item" ? { name } : { names: [name] };
      times.push((await timed(() => client.call(command, body)))[1]);
    }
    times.sort((a, b) => a - b);
    tell(`${command}, median and 99 %`, `${milliseconds(times[250] ?? 0)}, ${milliseconds(times[495] ?? 0)}`);
  }
}

/** Ends the gateway in order and starts it again. */
async function restartGateway(product: Product, between: () => void): Promise<number> {
  await product.kill("gateway", "SIGTERM");
  between();
  return (await timed(() => product.startHalf("gateway")))[1];
}

const [product, startMs] = await timed(() => startProduct());
process.once("SIGINT", () => void product.stop().then(() => process.exit(130)));
try {
  tell("start of both halves, empty", milliseconds(startMs));
  tell("start of the gateway, empty", milliseconds(await restartGateway(product, () => {})));
  let client = createAkeylessClient(product.dev);
  await createAll(client);
  tellMemory(product, `with ${count} items`);
  await tellLists(client);
  await tellReads(client);
  tell("gateway's memory after the lists", mebibytes(residentBytes(product.dev.pids.gateway)));
  client.close();

  const stop = await timed(() => product.kill("gateway", "SIGTERM"));
  tell("orderly stop of the gateway, with its snapshot", milliseconds(stop[1]));
  tell("start with snapshot", milliseconds((await timed(() => product.startHalf("gateway")))[1]));
  tellMemory(product, "after a start with snapshot");
  const snapshot = join(product.dataDir, "gateway", "snapshot");
  tell("start without snapshot", milliseconds(await restartGateway(product, () => rmSync(snapshot))));
  tellMemory(product, "after a start without snapshot");
  const journal = join(product.dataDir, "gateway", "journal");
  const anew = await restartGateway(product, () => {
    rmSync(snapshot);
    rmSync(journal);
  });
  tell("start without snapshot and journal: all from the vault", milliseconds(anew));
  client = createAkeylessClient(product.dev);
  await tellReads(client);
  client.close();
} finally {
  await product.stop();
}
const width = Math.max(...rows.map(([what]) => what.length));
const table = [["what", "figure"], ["-".repeat(width), "-".repeat(12)], ...rows];
process.stdout.write(
  `${table.map(([what = "", figure]) => `| ${what.padEnd(width)} | ${figure} |`).join("\n")}\n`,
);
if (process.stdout.writableNeedDrain) await once(process.stdout, "drain");
