// Where the time of a request goes: starts the product as it is, puts it under load, and has Node's profiler look at
// both halves meanwhile, so that neither start nor warm-up counts. Prints the functions that took most.
// `npm run bench:profile -- [reads|writes|logins] [functions to show]`
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layout } from "../dev/layout.ts";
import { table } from "./comparison.ts";
import { type CpuProfile, profileProcess } from "./inspector.ts";
import { measure } from "./measure.ts";
import { Product } from "./product.ts";
import { scattered } from "./sides.ts";
import { brief } from "./statistics.ts";

const [what = "reads", shown = "45"] = process.argv.slice(2);
const items = 1000;

const folder = mkdtempSync(join(tmpdir(), "halfkey-profile-"));
// Any free port: two halves open one each, when asked by signal.
process.env.NODE_OPTIONS = "--inspect-port=127.0.0.1:0";
const product = await Product.start(join(folder, "halfkey"));
delete process.env.NODE_OPTIONS;
try {
  const reader = await product.createReader("bench-1", 1);
  const token = await product.logIn(reader);
  const numbers = scattered(items, items);
  await measure(
    { side: product, requests: numbers.map((n) => product.create(token, n)) },
    { once: true, connections: 64 },
  );
  const kinds = {
    reads: () => numbers.map((n) => product.read(token, n)),
    writes: () => numbers.map((n) => product.update(token, n, `w${n}`.padEnd(200, "y"))),
    logins: () => [product.logInRequest(reader)],
  };
  const traffic = {
    side: product,
    requests: (kinds[what as keyof typeof kinds] ?? kinds.reads)(),
  };
  const shape = { connections: 64, warmSeconds: 0, seconds: 6 };
  await measure(traffic, shape);
  const measuring = measure(traffic, { ...shape, warmSeconds: 1, seconds: 10 });
  const [gateway, vault] = await Promise.all(
    (["gateway", "vault"] as const).map((half) =>
      profileProcess(product.processes()[half], layout(product.dataDir).log(half), 7),
    ),
  );
  const { perSecond, cpuMicroseconds } = await measuring;
  console.log(`${brief(perSecond)} ${what} per second, CPU µs each:`, cpuMicroseconds, "\n");
  const requests = perSecond * 7;
  if (gateway && vault)
    console.log(`## gateway\n\n${report(gateway, requests)}\n\n## vault\n\n${report(vault, requests)}`);
} finally {
  await product.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** Self time by function, and total time too, also in microseconds per request. */
function report({ nodes, samples, timeDeltas }: CpuProfile, requests: number): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  let busy = 0;
  for (const [at, id] of samples.entries()) {
    const time = timeDeltas[at] ?? 0;
    const name = nameOf(id);
    if (name.startsWith("(idle)") || name.startsWith("(program)")) continue;
    busy += time;
    self.set(name, (self.get(name) ?? 0) + time);
    const seen = new Set<string>();
    for (let above: number | undefined = id; above !== undefined; above = parents.get(above))
      seen.add(nameOf(above));
    for (const one of seen) total.set(one, (total.get(one) ?? 0) + time);
  }
  const rows = (times: Map<string, number>, wanted: (name: string) => boolean) =>
    [...times]
      .filter(([name]) => wanted(name))
      .sort(([, a], [, b]) => b - a)
      .slice(0, Number(shown))
      .map(([name, time]) => [name, brief((time / busy) * 100), brief(time / requests)]);
  const head = ["function", "% of busy time", "µs per request"];
  return `Self\n\n${table(
    head,
    rows(self, () => true),
  )}\n\nWith what it calls\n\n${table(
    head,
    rows(total, (name) => !name.startsWith("(")),
  )}`;

  function nameOf(id: number): string {
    const { functionName, url, lineNumber } = byId.get(id)?.callFrame ?? {
      functionName: "?",
      url: "",
      lineNumber: 0,
    };
    const where = url.replace(/^.*\/(packages|node_modules)\//, "");
    return `${functionName || "(anonymous)"} ${where}${where === "" ? "" : `:${lineNumber + 1}`}`;
  }
}
