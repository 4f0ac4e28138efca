// Where the time of a read goes: runs the product as it is under `--cpu-prof` and load, and prints the functions of
// each half that took most. `npm run bench:profile -- [reads|writes|logins] [functions]`
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { table } from "./comparison.ts";
import { measure } from "./measure.ts";
import { Product } from "./product.ts";
import { scattered } from "./sides.ts";
import { brief } from "./statistics.ts";

const [what = "reads", shown = "45"] = process.argv.slice(2);
const items = 1000;

/** @see https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
  startTime: number;
  endTime: number;
}

const folder = mkdtempSync(join(tmpdir(), "halfkey-profile-"));
const profiles = join(folder, "profiles");
process.env.NODE_OPTIONS = `--cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${profiles}`;
const product = await Product.start(join(folder, "halfkey"));
const pids = product.processes();
delete process.env.NODE_OPTIONS;
let requests = 0;
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
  const sample = await measure(
    { side: product, requests: (kinds[what as keyof typeof kinds] ?? kinds.reads)() },
    { connections: 64, warmSeconds: 2, seconds: 10 },
  );
  requests = sample.requests;
  console.log(`${brief(sample.perSecond)} ${what} per second, CPU µs each:`, sample.cpuMicroseconds, "\n");
} finally {
  await product.stop();
}
for (const [name, pid] of Object.entries(pids)) {
  const file = readdirSync(profiles).find((one) => one.split(".")[3] === String(pid));
  if (file === undefined) throw new Error(`the ${name} wrote no profile`);
  console.log(`## ${name}\n\n${report(JSON.parse(readFileSync(join(profiles, file), "utf8")))}\n`);
}
rmSync(folder, { recursive: true, force: true });

/** Self time by function, and total time of our own ones, as microseconds per request of the whole run. */
function report({ nodes, samples, timeDeltas }: CpuProfile): string {
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
  const head = ["function", "% of busy time", "µs per measured request"];
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
