import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { CallerError } from "@halfkey/model";
import { IssuerDouble } from "./issuer.testing.ts";
import { Outbound, OutboundFailure, replyBytesMax } from "./outbound.ts";
import { AddressRefused, guardedLookup, parseOutboundUrl } from "./outbound-address.ts";

let issuer: IssuerDouble;
const outbound = new Outbound();
before(async () => {
  issuer = await IssuerDouble.start();
});
after(async () => {
  await outbound.close();
  await issuer.stop();
});

const get = (path: string, timeMs?: number) =>
  outbound.send({ url: new URL(issuer.url + path), ...(timeMs === undefined ? {} : { timeMs }) });

async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    assert(error instanceof OutboundFailure, String(error));
    return error.message;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

describe("an answer", () => {
  test("comes as it was sent", async () => {
    issuer.json("/ok", { a: 1 });
    const { status, bytes } = await get("/ok");
    assert.deepEqual([status, bytes.toString()], [200, '{"a":1}']);
  });

  test("may have exactly the greatest size", async () => {
    issuer.answers.set("/full", (_request, response) => response.end(Buffer.alloc(replyBytesMax, 32)));
    assert.equal((await get("/full")).bytes.length, replyBytesMax);
  });

  test("of more is cut off, announced or not", async () => {
    issuer.answers.set("/announced", (_request, response) => response.end(Buffer.alloc(replyBytesMax + 1)));
    let sent = 0;
    issuer.answers.set("/endless", (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on("drain", more);
      more();
    });
    assert.match(await failure(get("/announced")), /longer than 262144 bytes/);
    assert.match(await failure(get("/endless")), /longer than 262144 bytes/);
    assert(sent < 50 * 1024 * 1024, "it was not read on");
  });

  test("that is compressed stays so: no bomb goes off", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
    issuer.answers.set("/bomb", (request, response) => {
      assert.equal(request.headers["accept-encoding"], "identity");
      response.writeHead(200, { "content-encoding": "gzip" }).end(bomb);
    });
    assert.equal((await get("/bomb")).bytes.length, bomb.length);
  });

  test("that redirects is not followed", async () => {
    for (const status of [301, 302, 303, 307, 308]) {
      issuer.answers.set("/moved", (_request, response) =>
        response.writeHead(status, { location: "/elsewhere" }).end(),
      );
      assert.match(await failure(get("/moved")), /redirects/);
    }
    assert.equal(issuer.count("/elsewhere"), 0);
  });

  test("that never comes, or drop by drop, ends in time", async () => {
    issuer.answers.set("/never", () => {});
    issuer.answers.set("/drops", (_request, response) => {
      const timer = setInterval(() => response.write("a"), 20);
      response.on("close", () => clearInterval(timer));
    });
    for (const path of ["/never", "/drops"]) {
      const begun = performance.now();
      assert.match(await failure(get(path, 200)), /did not answer in time/);
      assert(performance.now() - begun < 1000, path);
    }
    assert.match(await failure(get("/never", 0)), /no time/);
  });
});

test("nothing of what was sent stands in a failure", async () => {
  const sent = {
    url: new URL("http://127.0.0.1:9/x?secret-query"),
    bearer: "secret-token",
    json: { token: "secret-body" },
  };
  assert.equal(await failure(outbound.send(sent)), "it refuses connections");
});

describe("addresses that are never called", () => {
  const forbidden = [
    "https://169.254.169.254/latest/meta-data",
    "https://169.254.1.1",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::169.254.169.254]/",
    "https://[64:ff9b::169.254.169.254]/",
    "https://[2002:a9fe:a9fe::1]/",
    "https://[fe80::1]/",
    "https://[fd00:ec2::254]/",
    "https://[::]/",
    "https://0.0.0.0/",
    "https://0/",
    "https://100.100.100.200/",
    "https://168.63.129.16/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[ff02::1]/",
  ];
  for (const text of forbidden) {
    test(text, () =>
      assert.throws(
        () => parseOutboundUrl("jwks-uri", text),
        (error) => error instanceof CallerError && /address/.test(error.message),
      ),
    );
  }

  test("nor by a name that leads there, whenever it does", async () => {
    for (const name of ["169.254.169.254", "0xa9fea9fe", "0.0.0.0"]) {
      await assert.rejects(resolve(new URL("https://name.example"), name), AddressRefused, name);
    }
  });

  test("nor in clear on another machine", async () => {
    await assert.rejects(resolve(new URL("http://localhost"), "10.0.0.1"), AddressRefused);
    assert.equal(await resolve(new URL("http://localhost"), "127.0.0.1"), "127.0.0.1");
    assert.equal(await resolve(new URL("https://name.example"), "10.0.0.1"), "10.0.0.1");
  });
});

describe("URLs that are no issuer's", () => {
  for (const text of [
    "",
    "issuer",
    "ftp://a/b",
    "file:///etc/passwd",
    "http://issuer.example/",
    "http://10.0.0.1/",
    "http://127.0.0.1.evil.example/",
    "https://user:password@issuer.example/",
    "https://issuer.example/#x",
    "javascript:1",
    "https://",
  ]) {
    test(JSON.stringify(text), () => assert.throws(() => parseOutboundUrl("jwks-uri", text), CallerError));
  }

  test("while these are", () => {
    for (const text of [
      "https://issuer.example/keys?v=1",
      "https://10.43.0.1:6443",
      "http://127.0.0.1:8001",
      "http://[::1]:8001/",
      "http://localhost:8001",
    ])
      assert.equal(parseOutboundUrl("jwks-uri", text).href, new URL(text).href);
  });
});

function resolve(url: URL, name: string): Promise<string> {
  return new Promise((done, fail) => {
    guardedLookup(url)(name, { family: 0 }, (error, address) =>
      error ? fail(error) : done(String(address)),
    );
  });
}
