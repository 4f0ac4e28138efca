// The official SDK from npm, unchanged, over TLS with a private CA.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { filesOf, findNeedles } from "../support/needles.ts";
import { startProduct } from "../support/product.ts";
import { runCommand } from "../support/run-command.ts";
import { type SdkTranscript, sdkDemands, sdkSessionInput } from "../support/sdk-session.ts";

describe("the SDK from npm", async () => {
  const product = await startProduct();
  const input = sdkSessionInput(product.dev, "/mdapi/sdk-npm");
  let transcript: SdkTranscript;
  before(async () => {
    const output = await runCommand(process.execPath, [join(import.meta.dirname, "sdk-npm-session.mjs")], {
      stdin: JSON.stringify(input),
      env: { ...process.env, NODE_EXTRA_CA_CERTS: product.dev.caFile },
    });
    transcript = JSON.parse(output);
  });
  after(() => product.stop());

  for (const [demand, check] of sdkDemands(input)) it(demand, () => check(transcript));

  it("leaves no value, token or key in what the launcher and the halves print", () => {
    const { token } = (transcript.auth?.reply ?? {}) as { token?: string };
    assert(token);
    const needles = {
      ...{ token, "the access key": product.dev.accessKey },
      ...{ "a value": "second wert", "a large value": "x".repeat(100) },
    };
    const printed = { output: Buffer.from(product.output), ...filesOf(join(product.dataDir, "logs")) };
    assert.deepEqual(Object.keys(printed).length, 3);
    assert.deepEqual(findNeedles(needles, printed), []);
  });
});
