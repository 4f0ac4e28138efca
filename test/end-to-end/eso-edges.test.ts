/** What the External Secrets Operator does at the edges of HTTP, TLS and its own API, and what keeps it harmless. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { connect } from "node:tls";
import { type AkeylessClient, AkeylessError, createAkeylessClient } from "../support/akeyless-client.ts";
import { GatewayHttp } from "../support/gateway-http.ts";
import { type Product, startProduct } from "../support/product.ts";

const path = "/mdapi/joplin/pushed";
/** By it External Secrets knows what it has created, and what it may delete. */
const managed = ["k8s-external-secrets"];

describe("the edges of External Secrets", () => {
  let product: Product;
  let client: AkeylessClient;

  before(async () => {
    product = await startProduct();
    client = createAkeylessClient(product.dev);
  });

  after(async () => {
    client?.close();
    await product?.stop();
  });

  /** One connection: what it was told to resume with, and whether it resumed what it was given. */
  async function handshake(session?: Buffer): Promise<{ session: Buffer | undefined; resumed: boolean }> {
    const { port } = new URL(product.dev.gatewayUrl);
    const ca = readFileSync(product.dev.caFile);
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const socket = connect({
      ...{ host: "127.0.0.1", port: Number(port), servername: "localhost", ca },
      ...(session === undefined ? {} : { session }),
    });
    let given: Buffer | undefined;
    let resumed = false;
    socket.on("session", (ticket) => {
      given = ticket;
    });
    socket.on("secureConnect", () => {
      resumed = socket.isSessionReused();
      socket.write("GET /health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    });
    socket.on("error", reject).on("close", () => resolve(resumed));
    socket.resume();
    return { resumed: await promise, session: given };
  }

  it("resumes TLS sessions: over 100 namespaces, or before 2.8, each sync is a new connection", async () => {
    const first = await handshake();
    assert.equal(first.resumed, false);
    assert(first.session, "no ticket was given");
    assert.equal((await handshake(first.session)).resumed, true);
  });

  it("closes idle connections after 20 s, which a refresh each minute does not meet", async () => {
    const http = new GatewayHttp(product.dev);
    const { headers } = await http.ask({ path: "/health", method: "GET" });
    assert.equal(headers["keep-alive"], "timeout=20");
    http.close();
  });

  it("answers the probe, which has no body, so that the URL is used as it was given", async () => {
    const http = new GatewayHttp(product.dev);
    for (const base of ["/akeyless-api/v2", "/akeyless-api/v2/", "/akeyless-api", "/v2", "/"]) {
      const { status, text } = await http.ask({
        path: base,
        headers: { "user-agent": "Go-http-client/1.1" },
      });
      assert.equal(status, 400, base);
      assert.match(text, /unknown command/, base);
    }
    http.close();
  });

  it("never creates what exists: External Secrets before 2.9 takes any refusal for absence", async () => {
    const body = { name: path, value: '{"a":"1"}', tags: managed };
    await client.call("create-secret", body);
    await assert.rejects(client.call("create-secret", { ...body, value: "other" }), (error) => {
      assert(error instanceof AkeylessError);
      return error.status === 409;
    });
    assert.equal((await client.call("get-secret-value", { names: [path] }))[path], body.value);
  });

  it("keeps the tags at an update, or a PushSecret could not be deleted", async () => {
    await client.call("update-secret-val", { name: path, value: '{"a":"2"}' });
    assert.deepEqual((await client.call("describe-item", { name: path })).item_tags, managed);
  });

  it("says the same of two refusals, so that Events add up", async () => {
    const bodyOf = async () => {
      try {
        await client.send("describe-item", { name: path, token: "t-wrong" });
      } catch (error) {
        if (error instanceof AkeylessError) return error.body;
      }
      throw new assert.AssertionError({ message: "it was not refused" });
    };
    assert.equal(await bodyOf(), await bodyOf());
  });
});
