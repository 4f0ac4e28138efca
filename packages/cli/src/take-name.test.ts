import assert from "node:assert/strict";
import { test } from "node:test";
import { takeName } from "./take-name.ts";

test("names of one and of two words, with global options anywhere", () => {
  for (const [line, name, rest] of [
    ["get /a", "get", "/a"],
    ["-o json get /a", "get", "-o json /a"],
    ["tag add /a b", "tag add", "/a b"],
    ["--profile add tag --json add /a b", "tag add", "--profile add --json /a b"],
    ["tag", "tag", ""],
    ["tag nonsense", "tag", "nonsense"],
    ["help tag add", "tag add", "--help"],
    ["help", undefined, "--help"],
    ["toString x", "toString", "x"],
    ["--json", undefined, "--json"],
  ] as const) {
    assert.deepEqual(takeName(line.split(" ")), { name, rest: rest.split(" ").filter(Boolean) }, line);
  }
});
