import assert from "node:assert/strict";
import { test } from "node:test";
import { claimsText, entryText } from "./entry-text.ts";

const fact = { who: "p-a", op: "read", path: '/a/"b"', ok: true, req: "00" };

test("an entry is JSON with the fields that are given", () => {
  const claims = claimsText({ namespace: "joplin", groups: ["a", "b"] });
  assert.deepEqual(JSON.parse(entryText(5, { ...fact, claims })), {
    t: 5,
    who: "p-a",
    claims: { namespace: "joplin", groups: ["a", "b"] },
    op: "read",
    path: '/a/"b"',
    ok: true,
    req: "00",
  });
  assert.deepEqual(Object.keys(JSON.parse(entryText(5, fact))), ["t", "who", "op", "path", "ok", "req"]);
});

test("a token without claims adds nothing, one with very many says that some are left out", () => {
  assert.equal(claimsText({}), undefined);
  const many = Object.fromEntries(Array.from({ length: 32 }, (_, at) => [`claim-${at}`, "x".repeat(100)]));
  const text = claimsText({ namespace: "joplin", ...many }) ?? "";
  assert(text.length < 1200);
  assert.equal(JSON.parse(text).namespace, "joplin");
  assert.match(JSON.parse(text)["…"], /^\d+ more$/);
});
