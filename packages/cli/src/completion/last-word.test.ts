import assert from "node:assert/strict";
import { test } from "node:test";
import { lastWord } from "./last-word.ts";

test("bash splits at = and :, and replaces what stands behind the last of them", () => {
  for (const [words, before, current, candidate, inserted] of [
    [["get", "/a/b"], ["get"], "/a/b", "/a/bc", "/a/bc"],
    [["get", "--output", "=", "ra"], ["get", "--output"], "ra", "raw", "raw"],
    [["get", "--output", "="], ["get", "--output"], "", "raw", "raw"],
    [["get", "/a", ":", "b"], ["get"], "/a:b", "/a:bc/", "bc/"],
    [["get", "/a", ":"], ["get"], "/a:", "/a:b", "b"],
    [["get", "/x", "=", "1", ":", "y"], ["get"], "/x=1:y", "/x=1:yz", "yz"],
    [["tag", "add", "/x", "=", "1", "t"], ["tag", "add", "/x=1"], "t", "tag", "tag"],
  ] as const) {
    const last = lastWord("bash", words);
    assert.deepEqual([last.before, last.current, last.inserted(candidate)], [before, current, inserted]);
  }
});

test("the others pass one word, and replace all of it", () => {
  for (const shell of ["zsh", "fish"]) {
    const last = lastWord(shell, ["get", "--output=ra"]);
    assert.deepEqual([last.before, last.current], [["get", "--output"], "ra"]);
    assert.equal(last.inserted("raw"), "--output=raw");
    assert.equal(lastWord(shell, ["get", "/a:b=c"]).current, "/a:b=c");
  }
});
