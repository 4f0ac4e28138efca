import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, describe, it } from "node:test";
import { createHttpServer, listen } from "./http-server.ts";
import { createLog } from "./log.ts";
import { ensureServerTls } from "./tls.ts";

describe("the server's TLS folder", () => {
  const base = mkdtempSync(join(tmpdir(), "halfkey-tls-"));
  const folder = join(base, "tls");
  after(() => rmSync(base, { recursive: true }));

  it("is made at first use, with private keys", async () => {
    const made = await ensureServerTls(folder, ["vault.example.com", "10.1.2.3"]);
    assert.equal(made.caFile, join(folder, "ca.pem"));
    for (const file of ["ca-key.pem", "server-key.pem"]) {
      assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600, file);
    }
  });

  it("serves a client that trusts only that CA, by name and by address, in TLS 1.3", async () => {
    const { ca, cert, key } = await ensureServerTls(folder, []);
    const log = createLog({ name: "test", destination: new PassThrough().resume() });
    const server = createHttpServer({ log, tls: { cert, key }, bodyLimitBytes: 1000, keepAliveSeconds: 1 });
    server.get("/health", async () => ({ status: "ok" }));
    const { port } = await listen(server, { host: "127.0.0.1", port: 0 });
    try {
      for (const host of ["localhost", "127.0.0.1"]) {
        const protocol = await new Promise((resolve, reject) => {
          request({ host, port, path: "/health", ca, agent: false, family: 4 }, (reply) => {
            assert.equal(reply.statusCode, 200);
            assert.match(String(reply.headers["halfkey-request"]), /^[0-9a-f]{16}$/);
            const { socket } = reply as unknown as { socket: { getProtocol(): string } };
            resolve(socket.getProtocol());
            reply.resume();
          })
            .on("error", reject)
            .end();
        });
        assert.equal(protocol, "TLSv1.3");
      }
    } finally {
      await server.close();
    }
  });

  it("stays as it is at the next start", async () => {
    const one = await ensureServerTls(folder, ["a.example.com"]);
    const other = await ensureServerTls(folder, ["a.example.com"]);
    assert.deepEqual(other, one);
  });

  it("renews the certificate but not the CA when a host is added", async () => {
    const one = await ensureServerTls(folder, ["a.example.com"]);
    const other = await ensureServerTls(folder, ["a.example.com", "b.example.com"]);
    assert.equal(other.ca, one.ca);
    assert.notEqual(other.cert, one.cert);
  });

  it("renews a certificate whose key belongs to another, as a crash between the two writes leaves it", async () => {
    const one = await ensureServerTls(folder, []);
    const file = join(folder, "server-key.pem");
    writeFileSync(file, readFileSync(join(folder, "ca-key.pem")));
    const other = await ensureServerTls(folder, []);
    assert.notEqual(other.cert, one.cert);
  });

  it("refuses a key that others can read", async () => {
    const file = join(folder, "server-key.pem");
    chmodSync(file, 0o644);
    await assert.rejects(ensureServerTls(folder, []), { code: "E_CHECK", message: /can be read by others/ });
    chmodSync(file, 0o600);
  });

  it("refuses a damaged CA instead of making another, which no client would trust", async () => {
    writeFileSync(join(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    await assert.rejects(ensureServerTls(folder, []), { code: "E_CHECK", message: /ca\.pem is damaged/ });
  });
});
