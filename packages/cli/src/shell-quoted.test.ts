import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { shellQuoted } from "./shell-quoted.ts";

test("a shell takes it as one word, whatever is in it", () => {
  for (const word of ["/mdapi/joplin/a", "; touch x", "$(id)", "`id`", "it's", "a b", "\\", "*", '"', ""])
    assert.equal(execFileSync("sh", ["-c", `printf %s ${shellQuoted(word)}`]).toString(), word);
});
