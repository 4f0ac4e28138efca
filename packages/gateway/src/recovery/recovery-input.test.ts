import assert from "node:assert/strict";
import { test } from "node:test";
import { readSheets } from "./recovery-input.ts";

test("no share at all is missed at once, with the two ways to give one", async () => {
  const typedShares = async function* () {
    yield "  \n";
  };
  await assert.rejects(readSheets({ shareFiles: [], typedShares }), {
    code: "E_INPUT",
    message: /type them in, or name their files with --share-files/,
  });
});
