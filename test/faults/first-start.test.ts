// The first start of each half with a fault at its steps (F1, F5): each step may be repeated, and one account comes of it.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Halves } from "../support/halves.ts";
import { type HalfResult, runHalf } from "../support/run-half.ts";
import { minutes, seed } from "./budget.ts";
import { durableSteps, FaultControl, type FaultKind, stepsIn } from "./fault-control.ts";
import { withoutInterposer } from "./interposer.ts";
import { seededRandom } from "./seeded-random.ts";

const random = seededRandom(seed);
/** Of the steps there are, this many a kind; the seed decides which. */
const sample = Math.ceil(minutes / 4);
const kinds = ["kill-before", "kill-after", "tear", "lose", "fail"] as const satisfies readonly FaultKind[];

/** Different numbers from 1 to `most`. */
function someOf(most: number): number[] {
  const all = Array.from({ length: most }, (_, at) => ({ at: at + 1, place: random() }));
  return all
    .sort((a, b) => a.place - b.place)
    .slice(0, sample)
    .map(({ at }) => at);
}

/** A step that fails is told, and is no defect. */
function checkRefusal(half: string, { exitCode, stderr }: HalfResult, what: string): void {
  assert.match(String(exitCode), /^[12]$/, `${what}: ${stderr}`);
  assert.match(stderr, new RegExp(`^halfkey-${half}: `, "m"), what);
  assert.doesNotMatch(stderr, /defect|TypeError/, what);
}

describe(`the first start, with faults (seed ${seed})`, { skip: withoutInterposer }, () => {
  const halves = new Halves();
  const control = new FaultControl();
  before(() => halves.startVault({ tls: false }));
  after(async () => {
    control.close();
    await halves.stop();
  });

  const init = async (data: string, code: string): Promise<HalfResult> =>
    runHalf(
      "gateway",
      [
        ...["init", "--data", data, "--vault", halves.vaultUrl, "--key-file", halves.keyFile],
        ...["--credentials", join(data, "admin.json"), "--json"],
      ],
      { input: code, environment: control.environment(data), killAfterMs: 30_000 },
    );
  const newCode = async () => {
    const made = await runHalf("vault", [
      "enrol-code",
      "--new-account",
      "--data",
      halves.vaultData,
      "--json",
    ]);
    return String(JSON.parse(made.stdout).code);
  };
  const accounts = async () => {
    const { stdout } = await runHalf("vault", ["accounts", "--data", halves.vaultData, "--json"]);
    return (JSON.parse(stdout) as { account: string }[]).map(({ account }) => account);
  };

  it("of the gateway: repeated, it makes one account", async (t) => {
    const data = halves.gatewayData("fresh");
    control.arm({ kind: "none", at: 0 });
    assert.equal((await init(data, await newCode())).exitCode, 0);
    const steps = stepsIn(control.counts, durableSteps);
    assert(steps > 10);
    for (const kind of kinds) {
      for (const at of someOf(steps)) {
        rmSync(data, { recursive: true, force: true });
        const before = await accounts();
        const code = await newCode();
        control.arm({ kind, at, error: "ENOSPC", seed });
        const faulted = await init(data, code);
        const what = `${kind} at ${at} of ${steps}, ${control.what}`;
        if (control.hits > 0 && faulted.exitCode !== 0 && kind === "fail")
          checkRefusal("gateway", faulted, what);
        control.lift();
        const again = await init(data, code);
        assert.equal(again.exitCode, 0, `${what}: ${again.stderr}`);
        const made = (await accounts()).filter((account) => !before.includes(account));
        assert.deepEqual(made, [JSON.parse(again.stdout).account], what);
      }
    }
    t.diagnostic(`${steps} steps`);
  });

  it("of the vault: started again, it serves", async (t) => {
    const data = join(halves.folder, "fresh-vault");
    const environment = control.environment(data);
    const enrol = () => runHalf("vault", ["enrol-code", "--new-account", "--data", data, "--json"]);
    const start = () => new Halves(undefined).beginVault({ data, environment });
    control.arm({ kind: "none", at: 0 });
    const whole = start();
    await whole.ready();
    await whole.stop();
    const steps = stepsIn(control.counts, durableSteps);
    assert(steps > 10);
    for (const kind of kinds) {
      for (const at of someOf(steps)) {
        rmSync(data, { recursive: true, force: true });
        control.arm({ kind, at, error: "ENOSPC", seed });
        const faulted = start();
        await faulted.ready().catch(() => {}); // told below
        const what = `${kind} at ${at} of ${steps}, ${control.what}`;
        await faulted.stop();
        const how = await faulted.ended;
        if (!how.startsWith("signal") && how !== "exit code 0") {
          assert.match(faulted.lastLines(), /halfkey-vault: .*\[E_/, what);
          assert.doesNotMatch(faulted.lastLines(), /defect|E_INTERNAL/, what);
        }
        control.lift();
        const again = start();
        await again.ready();
        assert.equal((await enrol()).exitCode, 0, what);
        await again.stop();
      }
    }
    t.diagnostic(`${steps} steps`);
  });
});
