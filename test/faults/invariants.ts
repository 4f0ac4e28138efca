import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { GatewayHttp } from "../support/gateway-http.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import type { Halves, RunningGateway } from "../support/halves.ts";
import { until } from "../support/processes.ts";

interface HeadReply {
  own: object;
  vault: object;
  alarm: unknown;
  poisoned: number;
}

interface VerifyReply {
  problem: unknown;
  next: string | null;
  log: { k: number };
}

/**
 * What holds of both halves whenever no fault stands: ready without an alarm, one head, nothing poisoned, and an
 * audit log that verifies from its first leaf to its last.
 *
 * @returns the number of the audit log.
 */
export async function checkBothHalves(halves: Halves, gateway: RunningGateway): Promise<number> {
  const dev = { gatewayUrl: gateway.url, caFile: `${halves.gatewayData()}/tls/ca.pem` };
  // What /ready says of the vault is as old as the last long poll. It may warn of other things.
  await until("/ready is content", async () => {
    const { ready, gateway: own, vault, alarm } = (await gatewayPage(dev, "/ready")).body;
    return isDeepStrictEqual([ready, own, vault, alarm], [true, "unsealed", "ok", null]);
  });
  const http = new GatewayHttp(dev);
  try {
    const { accessId, accessKey } = halves.credentials();
    const { token } = await gateway.client.send("auth", { "access-id": accessId, "access-key": accessKey });
    const ask = async (name: string, request: object) => {
      const answer = await http.ask({ path: `/halfkey/v1/${name}`, body: { ...request, token } });
      assert.equal(answer.status, 200, `${name}: ${answer.text}`);
      return JSON.parse(answer.text);
    };
    const head: HeadReply = await ask("head-show", {});
    assert.deepEqual(head.vault, head.own, "the halves have one head");
    assert.deepEqual([head.alarm, head.poisoned], [null, 0]);
    for (let from: string | null | undefined; ; ) {
      const verified: VerifyReply = await ask("audit/verify", from === undefined ? {} : { from });
      assert.deepEqual(verified.problem, null, "halfkey audit verify");
      from = verified.next;
      if (from === null) return verified.log.k;
    }
  } finally {
    http.close();
  }
}
