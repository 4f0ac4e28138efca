// A disk that fails under a running half for a while (F4–F7): coded refusals, reads as promised, recovery without a restart.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { get as getPlain } from "node:http";
import { get as getSecure } from "node:https";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Half } from "../../dev/half.ts";
import type { HalfName } from "../../dev/layout.ts";
import { AkeylessError } from "../support/akeyless-client.ts";
import { CountedWrites } from "../support/counted-writes.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { diskSteps, FaultControl, type FaultError, type StepClass } from "./fault-control.ts";
import { withoutInterposer } from "./interposer.ts";
import { checkBothHalves } from "./invariants.ts";
import { kept, prepareHalves } from "./prepared-halves.ts";

const faultMs = 1500;
const answerMs = 3500;

interface DiskFault {
  error: FaultError;
  steps: readonly StepClass[];
  only?: HalfName;
  /** Whether values are read meanwhile; absent: either way. */
  reads?: Record<HalfName, boolean>;
}

const diskFaults: Record<string, DiskFault> = {
  "is read-only": { error: "EROFS", steps: diskSteps, reads: { vault: true, gateway: false } },
  "is full": { error: "ENOSPC", steps: ["write"], reads: { vault: true, gateway: false } },
  "fails in fsync, and does not let what was written be cut off": {
    error: "EIO",
    steps: ["sync", "truncate"],
  },
  "fails in fsync": { error: "EIO", steps: ["sync"] },
  // A gateway reads its disk at starts only.
  "cannot be read": { error: "EIO", steps: ["read"], only: "vault" },
  "has an error wherever it is touched": { error: "EIO", steps: [...diskSteps, "read"] },
};

for (const half of ["vault", "gateway"] as const) {
  describe(`the disk of the ${half}`, { skip: withoutInterposer }, () => {
    let made: Halves;
    let halves: Halves;
    let control: FaultControl;
    let gateway: RunningGateway;
    let writes: CountedWrites;
    let vault: Half;
    let ended = "";
    before(async () => {
      made = await prepareHalves();
      halves = new Halves(made);
      control = new FaultControl();
      const data = half === "vault" ? halves.vaultData : halves.gatewayData();
      const faulted = { environment: control.environment(data) };
      vault = await halves.startVault({ tls: false, ...(half === "vault" ? faulted : {}) });
      gateway = await halves.startGateway({
        vaultUrl: halves.vaultUrl,
        ...(half === "gateway" ? faulted : {}),
      });
      writes = new CountedWrites(gateway.client, "/disks");
      void Promise.race([vault.ended, gateway.half.ended]).then((how) => {
        ended = how;
      });
    });
    after(async () => {
      control?.lift();
      await writes?.stop().catch(() => {}); // after a failure they still run
      gateway?.client.close();
      await halves?.stop();
      await made?.stop();
      control?.close();
    });

    for (const [what, { error, steps, reads, only = half }] of Object.entries(diskFaults)) {
      if (only !== half) continue;
      it(what, async (t) => {
        writes.start(3);
        await sleep(200);
        control.arm({ kind: "fail", error, at: 1, lasting: 2 ** 31 }, steps);
        const codes = new Set<string>();
        const end = performance.now() + faultMs;
        while (performance.now() < end) {
          codes.add(await readCode());
          await sleep(20);
        }
        control.lift();
        const before = writes.acknowledged;
        await until("a write is acknowledged again", () => writes.acknowledged > before || ended !== "");
        await writes.stop();
        assert.equal(ended, "", "nobody restarts it");
        assert(control.hits > 0, "no fault was met: the test shows nothing");
        await until("a read is answered again", async () => (await readCode()) === "ok");
        t.diagnostic(
          `${control.hits} faults; reads: ${[...codes].join()}; ${JSON.stringify(await writes.check())}`,
        );
        if (reads?.[half] === true) assert.deepEqual([...codes], ["ok"]);
        if (reads?.[half] === false) assert(codes.has("E_AUDIT"), "nothing is read unrecorded");
        assert.equal(await checkBothHalves(halves, gateway), 1);
      });
    }

    it("a process that may open no further file (F6): who is connected is served, the others once it may", async (t) => {
      const { pid } = half === "vault" ? vault : gateway.half;
      const limit = (files: string) => execFileSync("prlimit", ["--pid", String(pid), `--nofile=${files}:`]);
      const before = writes.acknowledged;
      writes.start(3);
      await until("writers are connected", () => writes.acknowledged > before + 10);
      const [, soft = ""] = /^Max open files +(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8")) ?? [];
      limit("3");
      const url = half === "vault" ? halves.vaultUrl : gateway.url;
      const refused = await connectsWithin(url, 1500);
      assert.equal(await readCode(), "ok");
      limit(soft);
      await until("connections are let in again", () => connectsWithin(url, 1000));
      await writes.stop();
      t.diagnostic(`let in meanwhile: ${refused}; ${JSON.stringify(await writes.check())}`);
      assert.equal(await checkBothHalves(halves, gateway), 1);
    });

    it("has kept everything for the next start", async () => {
      gateway.client.close();
      await halves.stopAll();
      await halves.startVault({ tls: false });
      gateway = await halves.startGateway({ vaultUrl: halves.vaultUrl });
      writes.goOnWith(gateway.client);
      await writes.check();
      assert.equal(await checkBothHalves(halves, gateway), 1);
    });

    async function readCode(): Promise<string> {
      const began = performance.now();
      const answer = await gateway.client
        .call("get-secret-value", { names: [kept.name] })
        .catch((error) => error);
      assert(performance.now() - began < answerMs, "answered in time");
      if (!(answer instanceof AkeylessError)) {
        assert.equal(answer[kept.name], kept.value, String(answer));
        return "ok";
      }
      assert(answer.status === 503 && answer.code !== "", answer.message);
      return answer.code;
    }
  });
}

/** Whether a new connection gets an answer. */
function connectsWithin(url: string, milliseconds: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const options = { agent: false as const, rejectUnauthorized: false, timeout: milliseconds };
  const get = url.startsWith("https:") ? getSecure : getPlain;
  const asking = get(`${url}/health`, options, (response) => {
    response.resume();
    resolve(true);
  });
  asking.on("timeout", () => asking.destroy(new Error("no answer")));
  asking.on("error", () => resolve(false));
  return promise;
}
