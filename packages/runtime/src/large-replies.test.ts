import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { after, describe, it } from "node:test";
import Fastify from "fastify";
import { limitLargeReplies } from "./large-replies.ts";

const mebibyte = 1024 * 1024;

describe("great replies", () => {
  const server = Fastify();
  limitLargeReplies(server, 40 * mebibyte);
  server.get("/great", async () => "x".repeat(16 * mebibyte));
  server.get("/small", async () => "x".repeat(1024));
  const sockets: Socket[] = [];
  after(async () => {
    for (const socket of sockets) socket.destroy();
    await server.close();
  });

  it("that nobody reads make room for later ones, the oldest first", async () => {
    await server.listen({ port: 0, host: "127.0.0.1" });
    const address = server.server.address();
    assert(typeof address === "object" && address !== null);
    const ends: boolean[] = [];
    for (let at = 0; at < 5; at += 1) {
      const socket = connect(address.port, address.address);
      sockets.push(socket);
      ends.push(false);
      socket.once("error", () => {});
      // Taking note of the end without reading what came before it.
      socket.once("close", () => {
        ends[at] = true;
      });
      socket.pause().write("GET /great HTTP/1.1\r\nHost: a\r\n\r\n");
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    for (const socket of sockets.slice(0, 3)) socket.resume();
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(ends, [true, true, true, false, false]);
    const url = `http://${address.address}:${address.port}`;
    assert.equal((await (await fetch(`${url}/small`)).text()).length, 1024);
    const great = await Promise.all([1, 2].map(async () => (await fetch(`${url}/great`)).text()));
    for (const text of great) assert.equal(text.length, 16 * mebibyte);
  });
});
