// The vault away, hanging or refusing this gateway: coded answers in time, and recovery by itself.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { gatewayPage } from "../support/gateway-page.ts";
import { until } from "../support/processes.ts";
import { type Product, startProduct } from "../support/product.ts";
import { runHalf } from "../support/run-half.ts";

const path = "/mdapi/outage/secret/key";
const other = "/mdapi/outage/secret/other";
/** The promise is 2 s towards the vault; the rest is for this machine. */
const answerMs = 3000;
/** Answers that need no vault may rest on a contact this old. */
const contactMs = 30_000;

/** A product of its own, with one secret. */
function useProduct(): { product: Product; client: AkeylessClient } {
  const parts = {} as { product: Product; client: AkeylessClient };
  before(async () => {
    parts.product = await startProduct();
    parts.client = createAkeylessClient(parts.product.dev);
    await parts.client.call("create-secret", { name: path, value: "one" });
  });
  after(async () => {
    parts.client?.close();
    // A stopped process does not hear SIGTERM.
    await parts.product?.kill("vault", "SIGCONT").catch(() => {});
    await parts.product?.stop();
  });
  return parts;
}

/** Demands 503 with one of the codes, in time. */
async function unavailable(codes: string[], call: () => Promise<unknown>): Promise<void> {
  const began = performance.now();
  await assert.rejects(call, (error) => {
    assert(error instanceof AkeylessError, String(error));
    assert.equal(error.status, 503, error.message);
    assert(codes.includes(error.code), error.message);
    assert.deepEqual(
      Object.keys(JSON.parse(error.body)).filter((key) => key !== "item_name"),
      ["error"],
    );
    return true;
  });
  const tookMs = performance.now() - began;
  assert(tookMs < answerMs, `answered after ${Math.round(tookMs)} ms`);
}

const readValue = async (client: AkeylessClient, name = path) =>
  (await client.call("get-secret-value", { names: [name] }))[name];

const logIn = ({ product, client }: { product: Product; client: AkeylessClient }) =>
  client.send("auth", { "access-id": product.dev.accessId, "access-key": product.dev.accessKey });

const readsAgain = (client: AkeylessClient, milliseconds = 5000) =>
  until(
    "a read succeeds",
    async () => {
      try {
        return (await readValue(client)) === "one";
      } catch (error) {
        // Meanwhile every answer stays one of the promised ones.
        assert(error instanceof AkeylessError && error.status === 503 && error.code !== "", String(error));
        return false;
      }
    },
    milliseconds,
  );

/** The outages last half a minute, so they happen side by side, each with a product of its own. */
const oneByOne = { concurrency: 1 };
describe("outages", { concurrency: true }, () => {
  describe("a vault that is killed", oneByOne, () => {
    const parts = useProduct();
    let killedAt = 0;

    it("is told at once, in every command that needs it, with a code", async () => {
      const { product, client } = parts;
      await product.kill("vault");
      killedAt = performance.now();
      await unavailable(["E_VAULT"], () => readValue(client));
      await unavailable(["E_VAULT"], () => client.call("create-secret", { name: other, value: "x" }));
      await unavailable(["E_VAULT"], () => client.call("update-secret-val", { name: path, value: "x" }));
      // What is absent here could have been created through another gateway.
      await unavailable(["E_VAULT"], () => client.call("get-secret-value", { names: [other] }));
      await unavailable(["E_VAULT"], () => client.call("describe-item", { name: other }));
    });

    it("/ready names the half that is missing, /health only says that this one lives", async () => {
      const { dev } = parts.product;
      await until("the vault is missed", async () => {
        const { body } = await gatewayPage(dev, "/ready");
        assert.equal(body.gateway, "unsealed");
        return body.vault === "unreachable";
      });
      assert.deepEqual((await gatewayPage(dev, "/health")).body, { status: "Health Check Ok" });
      const selfTest = await gatewayPage(dev, "/api/derived-key");
      assert.equal(selfTest.status, 503);
      assert.equal(selfTest.code, "E_VAULT");
      assert.equal(selfTest.body.ok, false);
      assert.equal(selfTest.body.vault, "unreachable");
    });

    it("is needed for a login and a list once the last contact is 30 s old", async () => {
      await sleep(killedAt + contactMs + 1000 - performance.now());
      await unavailable(["E_VAULT"], () => logIn(parts));
      await unavailable(["E_VAULT"], () => parts.client.call("list-items", { path: "/" }));
      await unavailable(["E_VAULT"], () => parts.client.call("describe-item", { name: path }));
      await unavailable(["E_VAULT"], () => readValue(parts.client));
    });

    it("comes back, and everything works again by itself", async (t) => {
      const { product, client } = parts;
      await product.startHalf("vault");
      const began = performance.now();
      await readsAgain(client);
      t.diagnostic(`read again after ${Math.round(performance.now() - began)} ms`);
      await logIn(parts);
      await client.call("create-secret", { name: other, value: "two" });
      assert.equal(await readValue(client, other), "two");
      await until("/ready is content", async () => {
        const { status, body } = await gatewayPage(product.dev, "/ready");
        return status === 200 && body.vault === "ok" && body.alarm === null;
      });
    });
  });

  describe("a vault that hangs", oneByOne, () => {
    const parts = useProduct();

    it("delays no answer beyond the limit, however many wait", async () => {
      const { product, client } = parts;
      await product.kill("vault", "SIGSTOP");
      await Promise.all(Array.from({ length: 40 }, () => unavailable(["E_VAULT"], () => readValue(client))));
      await unavailable(["E_VAULT"], () => client.call("create-secret", { name: other, value: "x" }));
      // A deletion needs nothing from the vault beforehand: it is sent, and its fate is open.
      await client.call("describe-item", { name: path });
      await unavailable(["E_UNKNOWN"], () => client.call("delete-item", { name: path }));
      await unavailable(["E_VAULT"], () => client.call("delete-item", { name: path }));
    });

    it("is missed by /ready", async () => {
      await until(
        "the vault is missed",
        async () => (await gatewayPage(parts.product.dev, "/ready")).body.vault === "unreachable",
        20_000,
      );
    });

    it("goes on: the open write is settled, and reads and writes work by themselves", async () => {
      const { product, client } = parts;
      await product.kill("vault", "SIGCONT");
      await until("the deletion is settled", async () => {
        const settled = await client.call("describe-item", { name: path }).catch((error) => error);
        return settled instanceof AkeylessError && settled.status === 404;
      });
      await client.call("create-secret", { name: path, value: "one" });
      await readsAgain(client);
    });
  });

  describe("a gateway that starts while the vault is away", oneByOne, () => {
    const parts = useProduct();

    it("listens and answers 503 with a code, then becomes ready by itself", async () => {
      const { product, client } = parts;
      await Promise.all([product.kill("gateway"), product.kill("vault")]);
      const started = product.startHalf("gateway");
      await until("it listens", () =>
        gatewayPage(product.dev, "/health").then(
          () => true,
          () => false,
        ),
      );
      const { status, code, body } = await gatewayPage(product.dev, "/ready");
      assert.equal(status, 503);
      assert.equal(code, "E_VAULT");
      assert.deepEqual(
        { ...body, reason: "" },
        {
          ...{ ready: false, gateway: "unsealed", vault: "unreachable", alarm: null },
          ...{ warnings: [], missed: 0, reason: "" },
        },
      );
      assert.match(String(body.reason), /refuses connections/);
      await unavailable(["E_VAULT"], () => logIn(parts));
      await unavailable(["E_VAULT"], () => readValue(client));
      await unavailable(["E_VAULT"], () => client.call("describe-item", { name: path }));

      await product.startHalf("vault");
      await started;
      await readsAgain(client);
    });
  });

  describe("an instance that the vault's operator revokes", oneByOne, () => {
    const parts = useProduct();
    const halfkeyVault = async (verb: "revoke" | "restore") => {
      const { dataDir } = parts.product;
      const { instance } = JSON.parse(readFileSync(join(dataDir, "gateway", "account.json"), "utf8"));
      const { exitCode, stderr } = await runHalf("vault", [verb, instance, "--data", join(dataDir, "vault")]);
      assert.equal(exitCode, 0, stderr);
    };

    it("reads and writes nothing from its next request on, and everything after its restoration", async () => {
      const { client } = parts;
      assert.equal(await readValue(client), "one");
      await halfkeyVault("revoke");
      await unavailable(["E_REVOKED"], () => readValue(client));
      await unavailable(["E_REVOKED"], () => client.call("create-secret", { name: other, value: "x" }));
      await unavailable(["E_REVOKED"], () => client.call("describe-item", { name: other }));
      await halfkeyVault("restore");
      assert.equal(await readValue(client), "one");
      await client.call("create-secret", { name: other, value: "two" });
    });

    it("starts, says why it serves nothing, and serves after its restoration", async () => {
      const { product, client } = parts;
      await product.kill("gateway");
      await halfkeyVault("revoke");
      const started = product.startHalf("gateway");
      await until("it says why", async () => {
        const page = await gatewayPage(product.dev, "/ready").catch(() => undefined);
        return page?.code === "E_REVOKED" && page.status === 503;
      });
      await unavailable(["E_REVOKED"], () => readValue(client));
      await halfkeyVault("restore");
      await started;
      await readsAgain(client);
    });
  });
});
