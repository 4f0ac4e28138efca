import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs", "threat-model.md"), "utf8");
const claims = [...page.matchAll(/^\| (T-\d+) \| (.+?) \| (.+?) \|$/gm)].map(
  ([, id = "", claim = "", shown = ""]) => ({ id, claim, shown }),
);

test("claims are numbered without a gap", () => {
  assert(claims.length > 30);
  assert.deepEqual(
    claims.map(({ id }) => id),
    claims.map((_, at) => `T-${at + 1}`),
  );
});

for (const { id, claim, shown } of claims) {
  if (shown.startsWith("*by design*")) continue;
  test(`${id} ${claim}: its test exists`, () => {
    const [file = "", name] = shown.split(" › ");
    assert(existsSync(join(root, file)), `${file} does not exist`);
    const text = readFileSync(join(root, file), "utf8").replaceAll(/"\s*\+\s*"/g, "");
    if (name !== undefined) assert(text.includes(name), `${file} has no test named ${JSON.stringify(name)}`);
  });
}
