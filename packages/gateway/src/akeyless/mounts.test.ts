import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
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

test("whatever is asked, it is one route, and the same below every mount", () => {
  const part = fc.string({
    unit: fc.constantFrom("a", "%", ".", "v2", "api", "akeyless-api", ";", "\\", "\u00e9"),
  });
  const mounts = ["/akeyless-api/v2", "/akeyless-api/api/v2", "/api/v2", "/v2"];
  const command = part.filter((text) => text !== "" && !["v2", "api", "akeyless-api"].includes(text));
  fc.assert(
    fc.property(command, fc.constantFrom("", "/", "?x=/v2/y", "#/v2"), (name, behind) => {
      for (const mount of mounts) assert.equal(routeOf(`${mount}/${name}${behind}`), `/${name}`);
    }),
  );
  fc.assert(
    fc.property(fc.array(part), fc.string(), (parts, query) => {
      const route = routeOf(`/${parts.join("/")}?${query}`);
      assert(route === "" || (route.startsWith("/") && !route.includes("//") && !route.includes("?")));
      // What stands for one command is not taken for two.
      assert.equal(routeOf(`//${parts.join("//")}//?${query}`), route);
    }),
  );
});
