import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CallerError } from "@halfkey/model";
import fc from "fast-check";
import { parseJsonBody } from "./json-body.ts";

const refuses = (body: Buffer | string, why: RegExp) =>
  assert.throws(
    () => parseJsonBody(Buffer.from(body)),
    (error) => error instanceof CallerError && error.code === "E_INPUT" && why.test(error.message),
  );

describe("a request's body", () => {
  it("is what JSON says, whatever stands in its strings", () => {
    const nesting = fc.json({ maxDepth: 8 });
    fc.assert(
      fc.property(nesting, (text) => {
        assert.deepEqual(parseJsonBody(Buffer.from(text)), JSON.parse(text));
      }),
    );
    const brackets = JSON.stringify({ value: `"\\\\"${"[{,".repeat(200_000)}` });
    assert.deepEqual(parseJsonBody(Buffer.from(brackets)), JSON.parse(brackets));
  });

  it("is JSON in UTF-8 without a byte order mark, or refused without a quotation", () => {
    refuses("hunter2", /^the request body is not JSON$/);
    refuses('{"a":1} x', /not JSON/);
    refuses('\ufeff{"a":1}', /byte order mark/);
    refuses(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), /not UTF-8/);
    // CESU-8: half a surrogate pair as three bytes.
    refuses(
      Buffer.concat([Buffer.from('"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"')]),
      /not UTF-8/,
    );
    assert.equal(parseJsonBody(Buffer.alloc(0)), undefined);
  });

  it("is refused for its shape before memory is spent on it", () => {
    const sizes = 8 * 1024 * 1024;
    const bombs = [
      "[".repeat(sizes),
      '{"a":'.repeat(sizes / 5),
      `[${"[],".repeat(sizes / 3 - 1)}1]`,
      `{${'"a":0,'.repeat(sizes / 6 - 1)}"a":0}`,
    ].map((text) => Buffer.from(text));
    const before = process.memoryUsage.rss();
    for (const bomb of bombs) refuses(bomb, /nests deeper|has more than/);
    assert(process.memoryUsage.rss() - before < 40_000_000);
  });

  it("is refused or read, whatever bytes it has", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          parseJsonBody(Buffer.from(bytes));
        } catch (error) {
          assert(error instanceof CallerError, String(error));
        }
      }),
    );
  });
});
