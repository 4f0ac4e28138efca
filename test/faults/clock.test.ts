// Clocks that jump, of either half (F23): nothing is lost or refused for long, and nothing that expires lives longer for it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { AkeylessError } from "../support/akeyless-client.ts";
import { CountedWrites } from "../support/counted-writes.ts";
import { Halves, type RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";
import { FaultControl } from "./fault-control.ts";
import { withoutInterposer } from "./interposer.ts";
import { checkBothHalves } from "./invariants.ts";
import { kept, prepareHalves } from "./prepared-halves.ts";

const hourMs = 3_600_000;
const jumps = {
  "an hour ahead": hourMs,
  "an hour back": -hourMs,
  "ten years ahead": 87_660 * hourMs,
  "ten years back": -87_660 * hourMs,
};

describe("clocks that jump", { skip: withoutInterposer }, () => {
  let made: Halves;
  let halves: Halves;
  const clocks = { vault: new FaultControl(), gateway: new FaultControl() };
  let gateway: RunningGateway;
  let writes: CountedWrites;
  before(async () => {
    made = await prepareHalves();
    halves = new Halves(made);
    await halves.startVault({ tls: false, environment: clocks.vault.environment(halves.vaultData) });
    gateway = await startGateway();
    writes = new CountedWrites(gateway.client, "/clock");
  });
  after(async () => {
    gateway?.client.close();
    await halves?.stop();
    await made?.stop();
    for (const clock of Object.values(clocks)) clock.close();
  });

  const startGateway = () =>
    halves.startGateway({
      vaultUrl: halves.vaultUrl,
      environment: clocks.gateway.environment(halves.gatewayData()),
    });
  const newToken = async () => {
    const { accessId, accessKey } = halves.credentials();
    return (await gateway.client.send("auth", { "access-id": accessId, "access-key": accessKey })).token;
  };
  /** `ok`, or the code of the refusal. */
  const readCode = async (token: unknown) => {
    const read = await gateway.client
      .send("get-secret-value", { names: [kept.name], token })
      .catch((error) => error);
    if (read instanceof AkeylessError) return read.code;
    assert.equal(read[kept.name], kept.value, String(read));
    return "ok";
  };

  for (const half of ["vault", "gateway"] as const) {
    for (const [what, jumpMs] of Object.entries(jumps)) {
      it(`of the ${half}, ${what}`, async () => {
        clocks[half].shiftClock(jumpMs);
        // The first request after the jump may be refused: its answer tells the vault's time.
        await until("a read is answered", async () => (await readCode(await newToken())) === "ok", 5000);
        const fresh = new CountedWrites(
          {
            ...gateway.client,
            call: async (command, body) => gateway.client.send(command, { ...body, token: await newToken() }),
          },
          `/clock/${half}/${what.replaceAll(" ", "-")}`,
        );
        await fresh.write(3);
        assert.equal((await fresh.check()).acknowledged, 3);
        clocks[half].shiftClock(0);
        await until("a read is answered", async () => (await readCode(await newToken())) === "ok", 5000);
        await fresh.write(1);
        await fresh.check();
      });
    }
  }

  it("a token of a time that has not come is refused, and an older one is as valid as before", async () => {
    const old = await newToken();
    clocks.gateway.shiftClock(2 * hourMs);
    assert.equal(await readCode(old), "E_EXPIRED");
    const ahead = await newToken();
    assert.equal(await readCode(ahead), "ok");
    clocks.gateway.shiftClock(0);
    assert.equal(await readCode(ahead), "E_TOKEN");
    assert.equal(await readCode(old), "ok");
  });

  it("a token that has expired stays so when the clock is set back", async () => {
    const token = await newToken();
    gateway.client.close();
    await gateway.half.stop();
    clocks.gateway.shiftClock(2 * hourMs);
    gateway = await startGateway();
    assert.equal(await readCode(token), "E_EXPIRED");
    for (const back of [0, -hourMs, jumps["ten years back"]]) {
      clocks.gateway.shiftClock(back);
      assert.equal(await readCode(token), "E_EXPIRED", String(back));
    }
    // Who logs in is served all the same.
    await until("a read is answered", async () => (await readCode(await newToken())) === "ok", 5000);
  });

  it("after all that both halves agree, and the audit log verifies", async () => {
    clocks.gateway.shiftClock(0);
    gateway.client.close();
    await gateway.half.stop();
    gateway = await startGateway();
    writes.goOnWith(gateway.client);
    await writes.write(2);
    assert.equal(await checkBothHalves(halves, gateway), 1);
  });
});
