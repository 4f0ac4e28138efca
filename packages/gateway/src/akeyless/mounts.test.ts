import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { routeOf } from "./mounts.ts";

describe("one command, whatever base URL a client was given", () => {
  const spellings = [
    "/akeyless-api/v2/auth",
    "/akeyless-api/v2//auth",
    "//akeyless-api//v2/auth/",
    "/akeyless-api/auth",
    "/akeyless-api/api/v2/auth",
    "/api/v2/auth",
    "/v2/auth",
    "/auth",
    "/v2/auth?x=1",
  ];
  for (const url of spellings) test(url, () => assert.equal(routeOf(url), "/auth"));
});

describe("a bare base is no command", () => {
  for (const url of ["/", "//", "/v2", "/v2/", "/akeyless-api", "/akeyless-api/v2", "/akeyless-api/v2/"]) {
    test(url, () => assert.equal(routeOf(url), ""));
  }
});

describe("the derived key has its own spellings", () => {
  for (const url of ["/api/derived-key", "/akeyless-api/api/derived-key", "/akeyless-api/derived-key/"]) {
    test(url, () => assert.equal(routeOf(url), "/api/derived-key"));
  }
});

test("nothing is decoded and no dots are followed", () => {
  assert.equal(routeOf("/v2/%61uth"), "/%61uth");
  assert.equal(routeOf("/v2/../auth"), "/../auth");
});
