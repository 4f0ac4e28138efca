import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { fix } from "../lint/fix.ts";
import { lint } from "../lint/lint.ts";
import { ownRules } from "../lint/own-rules.ts";
import type { Rule } from "../lint/rule.ts";
import { rules } from "./rules.ts";

function optionsFor({ exampleItems }: Rule) {
  if (!exampleItems) return {};
  const all = Object.keys(exampleItems).map((path) => ({ path, tags: [] }));
  return { items: { all, valueOf: (path: string) => exampleItems[path] } };
}

for (const rule of rules) {
  describe(`${rule.id} ${rule.name}`, () => {
    const options = optionsFor(rule);

    test("finds its bad example, and points into it", () => {
      const findings = lint([{ file: "bad.yaml", text: rule.bad }], options);
      const own = findings.filter((finding) => finding.rule === rule.id);
      assert(own.length > 0, JSON.stringify(findings, null, 1));
      for (const { severity, range } of own) {
        assert.equal(severity, rule.severity);
        assert(range.start < range.end && range.end <= rule.bad.length);
      }
    });

    test("the bad example has no other mistake, so the page shows one thing", () => {
      const others = lint([{ file: "bad.yaml", text: rule.bad }], options).filter(
        ({ rule: id }) => id !== rule.id,
      );
      assert.deepEqual(others, []);
    });

    test("the good example is clean", () => {
      assert.deepEqual(lint([{ file: "good.yaml", text: rule.good }], options), []);
    });

    if (rule.fixable) {
      test("the bad example is mended", () => {
        const { sources, findings, count } = fix([{ file: "bad.yaml", text: rule.bad }], options);
        assert.deepEqual(findings, []);
        assert(count > 0);
        assert.notEqual(sources[0]?.text, rule.bad);
      });
    } else {
      test("nothing is mended", () => {
        assert.equal(fix([{ file: "bad.yaml", text: rule.bad }], options).sources[0]?.text, rule.bad);
      });
    }

    if (rule.online) {
      test("is silent where nobody knows the items", () => {
        assert.deepEqual(lint([{ file: "bad.yaml", text: rule.bad }]), []);
      });
    }
  });
}

test("ids and names are those of one rule each, in order", () => {
  const all = [...rules, ...ownRules];
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  assert.deepEqual(
    rules.map(({ id }) => id),
    rules.map((_, at) => `HK${String(at + 1).padStart(3, "0")}`),
  );
});
