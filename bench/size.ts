import { Caller } from "./call.ts";
import { table } from "./comparison.ts";
import type { Stage } from "./scenarios.ts";
import { fill } from "./stage.ts";
import { ratios, type Spread, spreadOf, spreadText } from "./statistics.ts";

/** From the start of a process to its first answer to a read: the gateway against OpenBao, which is unsealed on the way. */
export async function restartTimes(stage: Stage, rounds: number): Promise<string> {
  const { product, bao, items } = stage;
  const read = product.read(await product.logIn(stage.reader), 7);
  const baoRead = bao.read(await bao.logIn(stage.bao1.tuned), 7);
  const [withSnapshot, without, theirs]: number[][] = [[], [], []];
  for (let round = 0; round < rounds; round += 1) {
    withSnapshot?.push(await product.restartGateway(read, { snapshot: true }));
    without?.push(await product.restartGateway(read, { snapshot: false }));
    theirs?.push(await bao.restart(baoRead));
  }
  const row = (name: string, figures: number[] = []) => [
    name,
    spreadText(spreadOf(figures)),
    spreadText(ratios(figures, theirs ?? []), " ×"),
  ];
  return `## Start to first read, ${items.toLocaleString("en")} secrets (goal ≤ 1.5 ×)\n\n${table(
    ["", "ms", "against OpenBao"],
    [
      row("gateway, with its snapshot", withSnapshot),
      row("gateway, from the journal", without),
      row("OpenBao", theirs),
    ],
  )}`;
}

/** Many secrets: how they come in, how they are listed, how a start goes with them. */
export async function growth(stage: Stage, items: number, rounds: number): Promise<string> {
  const started = performance.now();
  const step = 20_000;
  for (let from = stage.items; from < items; from = Math.min(items, from + step))
    await fill(stage, from, Math.min(items, from + step));
  const fillSeconds = (performance.now() - started) / 1000;
  stage.items = items;
  const starts = await restartTimes(stage, rounds);
  return `${starts}\n\nFilling both sides took ${Math.round(fillSeconds)} s. One list of every item: ${spreadText(
    await listTimes(stage, rounds),
    " ms",
  )}.`;
}

async function listTimes(stage: Stage, rounds: number): Promise<Spread> {
  const { product } = stage;
  const token = await product.logIn(stage.reader);
  const caller = new Caller(product);
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    let page = "";
    do {
      const answer = await caller.askJson<{ next_page: string }>(product.listPage(token, page));
      page = answer.next_page;
    } while (page !== "");
    times.push(performance.now() - started);
  }
  return spreadOf(times);
}
