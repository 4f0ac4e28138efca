// `npm run faults`: faults for as long as one likes. See docs/faults.md.
import { parseArgs } from "node:util";
import { type CampaignEvent, campaign } from "./campaign.ts";
import { caseText, parseCase } from "./fault-case.ts";
import { withoutInterposer } from "./interposer.ts";
import { prepareHalves } from "./prepared-halves.ts";
import { runCase } from "./run-case.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    /** One case again, as a failure names it. */
    case: { type: "string", multiple: true, default: [] },
  },
});

if (withoutInterposer !== false) {
  console.error(`npm run faults ${withoutInterposer}`);
  process.exit(1);
}
const made = await prepareHalves();
let failures = 0;
try {
  if (values.case.length > 0) {
    for (const text of values.case) {
      const fault = parseCase(text);
      tell(
        await runCase(made, fault).then(
          (result) => ({ fault, result }),
          (failure: Error) => ({ fault, failure }),
        ),
      );
    }
  } else await runCampaign(Number(values.seed), Number(values.minutes));
} finally {
  await made.stop();
}
process.exitCode = failures > 0 ? 1 : 0;

async function runCampaign(seed: number, minutes: number): Promise<void> {
  console.log(`seed ${seed}, ${minutes} minutes`);
  const table = new Map<string, Map<string, number>>();
  const end = performance.now() + minutes * 60_000;
  for await (const event of campaign({ made, seed, end })) {
    const { half, kind, error, lasts } = event.fault;
    const row = `${half} | ${kind}${error === undefined ? "" : ` ${error}, ${lasts}`}`;
    const outcome = event.result?.outcome ?? "FAILED";
    const counts = table.get(row) ?? new Map<string, number>();
    table.set(row, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
    tell(event);
  }
  console.log("\n| half | fault | outcomes |\n|---|---|---|");
  for (const [row, counts] of [...table].sort()) {
    console.log(`| ${row} | ${[...counts].map(([outcome, count]) => `${outcome} ${count}`).join(", ")} |`);
  }
  console.log(`\n${failures} failures`);
}

function tell({ fault, result, failure }: CampaignEvent): void {
  if (result !== undefined) {
    console.log(`${caseText(fault)}  ${result.outcome}  ${result.what}`);
    return;
  }
  failures += 1;
  console.log(
    `FAILED  again: npm run faults -- --case ${caseText(fault)}\n${failure?.message}\n${failure?.stack}`,
  );
}
