import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseAuthorization, signReply, signRequest, verifyReply, verifyRequest } from "./request-auth.ts";
import { decodes, flipsOf, hex, isCode, refuses, vectors } from "./vectors.testing.ts";

const { request } = vectors;
const key = hex(request.key);
const { method, target, authorization: header } = request;
const body = Buffer.from(request.body);
const authorization = parseAuthorization(header);
const reply = {
  key,
  requestMac: authorization.mac,
  status: request.response_status,
  body: Buffer.from(request.response_body),
};

test("request and reply agree with the vectors", () => {
  const nonce = Buffer.from(authorization.nonce, "base64url");
  const { instance } = authorization;
  const signed = signRequest({ key, method, target, instance, time: request.ts, body, nonce });
  assert.deepEqual(signed, { authorization: header, mac: authorization.mac });
  assert.equal(authorization.time, request.ts);
  assert(verifyRequest({ key, authorization, method, target, body }));
  assert.equal(signReply(reply), request.response_mac);
  assert(verifyReply({ ...reply, mac: request.response_mac }));
});

test("another key, method, target or body, and every flipped bit of them, is refused", () => {
  const good = { key, authorization, method, target, body };
  for (const { bytes } of flipsOf(key)) assert(!verifyRequest({ ...good, key: bytes }));
  for (const { bytes } of flipsOf(body)) assert(!verifyRequest({ ...good, body: bytes }));
  for (const { bytes } of flipsOf(Buffer.from(target)))
    assert(!verifyRequest({ ...good, target: bytes.toString("latin1") }));
  assert(!verifyRequest({ ...good, method: "GET" }));
  for (const { bytes } of flipsOf(Buffer.from(header))) {
    try {
      assert(!verifyRequest({ ...good, authorization: parseAuthorization(bytes.toString("latin1")) }));
    } catch (error) {
      assert(isCode(error, "E_FORMAT"), String(error));
    }
  }
});

test("a reply to another request, with another status or body, is refused", () => {
  const mac = request.response_mac;
  for (const { bytes } of flipsOf(reply.body)) assert(!verifyReply({ ...reply, mac, body: bytes }));
  assert(!verifyReply({ ...reply, mac, status: 201 }));
  assert(!verifyReply({ ...reply, mac, requestMac: mac }));
  for (const { bytes } of flipsOf(Buffer.from(mac)))
    assert(!verifyReply({ ...reply, mac: bytes.toString("latin1") }));
  for (const other of ["", "x", `${mac}=`]) assert(!verifyReply({ ...reply, mac: other }));
});

test("headers of another form are E_FORMAT", () => {
  const headers = [
    "",
    "Bearer x",
    `${header} `,
    `${header}=`,
    header.replace("HK1", "HK2"),
    header.replace(authorization.instance, "0".repeat(32)),
    header.replace(authorization.instance, authorization.instance.toUpperCase()),
    header.replace(/ts=\d+/, "ts=01795000000123"),
    header.replace(/ts=\d+/, "ts=9999999999999999"),
    // The last character of a nonce holds 2 bits that count: this spelling is another text for the same bytes.
    header.replace(/nonce=.{22}/, `nonce=${"A".repeat(21)}B`),
  ];
  for (const text of headers) refuses("E_FORMAT", () => parseAuthorization(text), text);
});

test("a line feed in method or target is a defect", () => {
  const input = { key, method, target, instance: authorization.instance, time: 1, body };
  assert.throws(() => signRequest({ ...input, target: "/v1/open\n" }), RangeError);
  assert.throws(() => signRequest({ ...input, method: "GET\n/" }), RangeError);
});

test("what is signed verifies, with a nonce of its own each time", () => {
  const anyTarget = fc.webPath().map((path) => `/${path}`);
  fc.assert(
    fc.property(anyTarget, fc.uint8Array(), fc.maxSafeNat(), (anywhere, any, time) => {
      const input = {
        key,
        method: "POST",
        target: anywhere,
        instance: authorization.instance,
        time,
        body: any,
      };
      const [one, two] = [signRequest(input), signRequest(input)];
      assert.notEqual(one.mac, two.mac);
      assert(verifyRequest({ ...input, authorization: parseAuthorization(one.authorization) }));
    }),
  );
});

test("random headers are refused with a code", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(header.length), (text, at) => {
      decodes(() => parseAuthorization(text));
      decodes(() => parseAuthorization(header.slice(0, at) + text));
    }),
  );
});
