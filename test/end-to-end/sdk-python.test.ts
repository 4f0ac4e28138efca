// The official SDK from PyPI, unchanged, over TLS with a private CA.
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startProduct } from "../support/product.ts";
import { pythonMissing, pythonWithSdk } from "../support/python-sdk.ts";
import { runCommand } from "../support/run-command.ts";
import { type SdkTranscript, sdkDemands, sdkSessionInput } from "../support/sdk-session.ts";

const missing = pythonMissing();
if (missing && process.env.CI === "true") throw new Error(missing);

if (missing) it("the SDK from PyPI", { skip: missing }, () => {});
else
  describe("the SDK from PyPI", async () => {
    const python = await pythonWithSdk();
    const product = await startProduct();
    const input = sdkSessionInput(product.dev, "/mdapi/sdk-python");
    let transcript: SdkTranscript;
    before(async () => {
      const output = await runCommand(python, [join(import.meta.dirname, "sdk-python-session.py")], {
        stdin: JSON.stringify(input),
      });
      transcript = JSON.parse(output);
    });
    after(() => product.stop());

    for (const [demand, check] of sdkDemands(input)) it(demand, () => check(transcript));
  });
