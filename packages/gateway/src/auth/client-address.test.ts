import assert from "node:assert/strict";
import { test } from "node:test";
import { mayComeFrom } from "./bound-addresses.ts";
import { ClientAddress } from "./client-address.ts";

test("without a named proxy the header counts for nothing", () => {
  assert.equal(new ClientAddress([]).of("192.0.2.7", "10.0.0.1"), "192.0.2.7");
});

test("a header from a stranger counts for nothing either", () => {
  assert.equal(new ClientAddress(["10.0.0.0/8"]).of("192.0.2.7", "10.9.9.9"), "192.0.2.7");
});

test("behind named proxies it is the last address that is none of them", () => {
  const addresses = new ClientAddress(["10.0.0.0/8", "::1"]);
  assert.equal(addresses.of("10.0.0.1", "203.0.113.5"), "203.0.113.5");
  assert.equal(addresses.of("10.0.0.1", "6.6.6.6, 203.0.113.5, 10.0.0.2"), "203.0.113.5");
  assert.equal(addresses.of("::ffff:10.0.0.1", "203.0.113.5"), "203.0.113.5");
  assert.equal(addresses.of("::1", "2001:db8::5"), "2001:db8::5");
});

test("what is no address ends the trust", () => {
  const addresses = new ClientAddress(["10.0.0.0/8"]);
  assert.equal(addresses.of("10.0.0.1", "203.0.113.5, unknown"), "10.0.0.1");
  assert.equal(addresses.of("10.0.0.1", ""), "10.0.0.1");
});

test("a method bound to addresses is used from these alone", () => {
  const bound = { boundIps: ["192.0.2.0/24", "2001:db8::/32", "198.51.100.9"] };
  for (const inside of ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "198.51.100.9"])
    assert(mayComeFrom(bound, inside));
  for (const outside of ["192.0.3.1", "2001:db9::1", "198.51.100.8"]) assert(!mayComeFrom(bound, outside));
  assert(mayComeFrom({}, "203.0.113.1"));
});
