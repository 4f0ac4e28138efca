// Halfkey beside OpenBao, in turns, on one core each at a time: docs/performance.md says how to read what it prints.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { commandLineTimes } from "./command-line.ts";
import { compare, comparisonText } from "./comparison.ts";
import { type MemoryMoment, memoryNow, memoryText } from "./memory.ts";
import { loadAverage } from "./process-stat.ts";
import * as scenarios from "./scenarios.ts";
import { growth, restartTimes } from "./size.ts";
import { setStage, startSides } from "./stage.ts";

const usage = `npm run bench -- [options]

  --full         longer rounds, more of them (about 25 minutes)
  --large        then also with 100,000 secrets: memory, start, list (about 15 minutes more)
  --rounds N     how often each figure is measured
  --seconds N    how long each time
  --only WORDS   only the scenarios whose names hold one of these, such as reads,logins
  --help         this text`;

const { values: flags } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    large: { type: "boolean", default: false },
    rounds: { type: "string" },
    seconds: { type: "string" },
    only: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (flags.help) {
  console.log(usage);
  process.exit(0);
}
const rounds = Number(flags.rounds ?? (flags.full ? 7 : 3));
const timing = {
  seconds: Number(flags.seconds ?? (flags.full ? 4 : 1.2)),
  warmSeconds: flags.full ? 1 : 0.3,
};
const only = flags.only?.split(",");
const items = 1000;
const largeItems = 100_000;

const say = (text: string) => console.log(`${text}\n`);

say(`# Halfkey beside OpenBao

${cpus()[0]?.model ?? "an unknown processor"}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, \
Linux ${readFileSync("/proc/sys/kernel/osrelease", "utf8").trim()}, Node ${process.version}, ${new Date().toISOString()}, \
${rounds} rounds of ${timing.seconds} s, load average ${loadAverage()}`);

const folder = mkdtempSync(join(tmpdir(), "halfkey-bench-"));
const sides = await startSides(folder);
const stop = async () => {
  await sides.product.stop();
  await sides.bao.stop();
  rmSync(folder, { recursive: true, force: true });
};
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stop().then(() => process.exit(1)));

try {
  const moments: MemoryMoment[] = [await memoryNow(sides, "at rest, empty")];
  const stage = await setStage(sides, items);
  moments.push(await memoryNow(sides, "1,000 secrets, before load"));

  for (const [name, scenario] of Object.entries({
    reads: scenarios.hotReads,
    rate: scenarios.constantRate,
    rules: scenarios.manyRules,
    names: scenarios.manyNames,
    logins: scenarios.logins,
    writes: scenarios.durableWrites,
  })) {
    if (only !== undefined && !only.some((word) => name.includes(word))) continue;
    say(comparisonText(await compare(await scenario(stage, timing), rounds)));
  }

  moments.push(await memoryNow(sides, "1,000 secrets, after load"));
  if (only === undefined || only.includes("cli")) say(await commandLineTimes(stage, rounds * 2 + 1));
  if (only === undefined || only.includes("start")) say(await restartTimes(stage, rounds));
  moments.push(await memoryNow(sides, "1,000 secrets, after a restart"));
  if (flags.large) {
    say(await growth(stage, largeItems, rounds));
    moments.push(await memoryNow(sides, "100,000 secrets, after a restart"));
  }
  say(memoryText(moments));
  say(`load average at the end ${loadAverage()}`);
} finally {
  await stop();
}
