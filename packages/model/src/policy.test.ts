import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type Capability, matches, parsePattern } from "./access-rule.ts";
import { CallerError } from "./errors.ts";
import { type ItemPath, parseItemPath } from "./item-path.ts";
import { type Grant, Policy } from "./policy.ts";
import { fulfils } from "./sub-claims.ts";

const vectors = JSON.parse(
  readFileSync(new URL("../../crypto/vectors/vectors.json", import.meta.url), "utf8"),
);
const grant = (effect: string, pattern: string): Grant => ({
  role: "r",
  rule: { pattern, capabilities: [effect === "deny" ? "deny" : "read"] },
});

describe("rules agree with the vectors", () => {
  for (const { rule, path, claims, effect, match } of vectors.rules) {
    test(`${effect} ${rule} on ${path} with ${JSON.stringify(claims).slice(0, 40)}: ${match}`, () => {
      assert.equal(matches(parsePattern(rule), parseItemPath(path), claims, effect), match);
      // The compiled tree must see the same rule in the same places.
      const everything = grant("allow", "/*");
      const policy = new Policy(
        effect === "deny" ? [everything, grant(effect, rule)] : [grant(effect, rule)],
      );
      assert.equal(
        policy.decide(parseItemPath(path), "read", claims, 0).allowed,
        effect === "deny" ? !match : match,
      );
    });
  }
  for (const rule of vectors.rules_invalid) {
    test(`refuses ${JSON.stringify(rule.slice(0, 40))}`, () => {
      assert.throws(
        () => parsePattern(rule),
        (error) => error instanceof CallerError && error.code === "E_PATH",
      );
    });
  }
  for (const { rules, path, claims, allowed } of vectors.policies) {
    test(`policy ${JSON.stringify(rules)} on ${path}: ${allowed}`, () => {
      const policy = new Policy(
        rules.map(({ effect, rule }: { effect: string; rule: string }) => grant(effect, rule)),
      );
      assert.equal(policy.decide(parseItemPath(path), "read", claims, 0).allowed, allowed);
    });
  }
});

describe("a role that may read /mdapi/joplin/*, but is denied /mdapi/joplin/root/*", () => {
  const policy = new Policy([grant("read", "/mdapi/joplin/*"), grant("deny", "/mdapi/joplin/root/*")]);
  const may = (wanted: Exclude<Capability, "deny">, path: string) =>
    policy.decide(parseItemPath(path), wanted, {}, 0).allowed;

  test("reads a key of its namespace", () => assert(may("read", "/mdapi/joplin/tsig-secret/key")));
  test("lists what it may read", () => assert(may("list", "/mdapi/joplin/tsig-secret/key")));
  test("deletes nothing", () => assert(!may("delete", "/mdapi/joplin/tsig-secret/key")));
  test("reads no other namespace", () => assert(!may("read", "/mdapi/bootstrap/admin/password")));
  test("is not fooled by a longer name", () => assert(!may("read", "/mdapi/joplin-backup/a/b")));
  test("reads and lists nothing that a deny covers", () => {
    assert(!may("read", "/mdapi/joplin/root/password"));
    assert(!may("list", "/mdapi/joplin/root/password"));
  });
});

test("a rule gives nothing after its end, but a deny does not end", () => {
  const path = parseItemPath("/a/b");
  const ending: Grant = { role: "r", rule: { pattern: "/a/*", capabilities: ["read"], expires: 1000 } };
  assert(new Policy([ending]).decide(path, "read", {}, 999).allowed);
  assert(!new Policy([ending]).decide(path, "read", {}, 1000).allowed);
  const deny: Grant = { role: "r", rule: { pattern: "/a/*", capabilities: ["deny"], expires: 1000 } };
  assert(!new Policy([grant("read", "/*"), deny]).decide(path, "read", {}, 2000).allowed);
});

test("sub-claims: all keys must hold, one value each suffices", () => {
  const policy = new Policy([
    {
      ...grant("read", "/a/*"),
      subClaims: { values: { ns: ["joplin", "dev"], sa: ["eso"] }, caseSensitive: true },
    },
  ]);
  const reads = (claims: object) => policy.decide(parseItemPath("/a/b"), "read", claims as never, 0).allowed;
  assert(reads({ ns: "dev", sa: "eso" }));
  assert(reads({ ns: ["x", "joplin"], sa: "eso" }));
  assert(!reads({ ns: "dev" }));
  assert(!reads({ ns: "prod", sa: "eso" }));
  assert(!reads(Object.create({ ns: "dev", sa: "eso" })));
});

const segment = fc.constantFrom("a", "b", "ab", "c");
const pathText = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => `/${parts.join("/")}`);
const patternText = fc
  .tuple(
    fc.array(fc.oneof(segment, fc.constantFrom("+", "{{ns}}")), { maxLength: 4 }),
    fc.constantFrom("", "/*", "/**"),
  )
  .map(([parts, tail]) => parts.map((part) => `/${part}`).join("") + tail)
  .filter((text) => text !== "");
const claimsOf = fc.oneof(
  fc.constant({}),
  segment.map((ns) => ({ ns })),
  fc.constant({ ns: "+" }),
);

test("the compiled tree decides as rule after rule would", () => {
  const rule = fc.record({ pattern: patternText, effect: fc.constantFrom("allow", "deny") });
  fc.assert(
    fc.property(fc.array(rule, { maxLength: 6 }), pathText, claimsOf, (rules, text, claims) => {
      const path: ItemPath = parseItemPath(text);
      const hit = (effect: "allow" | "deny") =>
        rules.some(
          (one) => one.effect === effect && matches(parsePattern(one.pattern), path, claims, effect),
        );
      const policy = new Policy(rules.map((one) => grant(one.effect, one.pattern)));
      assert.equal(policy.decide(path, "read", claims, 0).allowed, hit("allow") && !hit("deny"));
    }),
    { numRuns: 3000 },
  );
});

test("a deny never matches less than the same allow", () => {
  fc.assert(
    fc.property(patternText, pathText, claimsOf, (text, path, claims) => {
      const pattern = parsePattern(text);
      if (matches(pattern, parseItemPath(path), claims, "allow")) {
        assert(matches(pattern, parseItemPath(path), claims, "deny"));
      }
    }),
  );
});

test("whatever two names are, a rule for one namespace never opens the other", () => {
  const name = fc.stringMatching(/^[a-z0-9-]{1,12}$/);
  const names = fc.oneof(
    fc.tuple(name, name),
    fc.tuple(name, name).map(([a, b]) => [a, a + b] as [string, string]),
  );
  fc.assert(
    fc.property(names, name, ([own, other], key) => {
      fc.pre(own !== other);
      const policy = new Policy([grant("read", `/mdapi/${own}/*`)]);
      assert.equal(policy.decide(parseItemPath(`/mdapi/${other}/${key}`), "read", {}, 0).allowed, false);
    }),
  );
});

test("without regard to case, only ASCII letters are folded: the Kelvin sign is no k", () => {
  const asks = { values: { team: ["K8s-*"] }, caseSensitive: false };
  assert(fulfils({ team: "k8S-OPS" }, asks));
  assert(!fulfils({ team: "\u212a8s-ops" }, asks));
});

test("roots tell of few rules what their paths begin with, and of many nothing", () => {
  const rootsOf = (...patterns: string[]) =>
    new Policy(patterns.map((pattern) => ({ role: "r", rule: { pattern, capabilities: ["read"] } }))).roots;
  assert.deepEqual(rootsOf("/mdapi/joplin/*", "/mdapi/joplin/db/key", "/ci/+/x"), ["/mdapi/joplin", "/ci"]);
  assert.deepEqual(rootsOf("/*"), ["/"]);
  assert.deepEqual(rootsOf("/{{team}}/*"), ["/"]);
  assert.deepEqual(rootsOf(...Array.from({ length: 40 }, (_, at) => `/n${at + 10}/*`)), ["/"]);
  assert.deepEqual(
    new Policy([{ role: "r", rule: { pattern: "/a/*", capabilities: ["deny", "read"] } }]).roots,
    [],
  );
});

test("whatever is allowed begins with a root", () => {
  const segment = fc.constantFrom("a", "ab", "b", "+", "{{team}}");
  const pattern = fc
    .tuple(fc.array(segment, { minLength: 1, maxLength: 3 }), fc.constantFrom("", "/*"))
    .map(([parts, tail]) => `/${parts.join("/")}${tail}`);
  const path = fc
    .array(fc.constantFrom("a", "ab", "b"), { minLength: 1, maxLength: 4 })
    .map((parts) => `/${parts.join("/")}` as ItemPath);
  fc.assert(
    fc.property(fc.array(pattern, { maxLength: 6 }), path, (patterns, asked) => {
      const policy = new Policy(
        patterns.map((one) => ({ role: "r", rule: { pattern: one, capabilities: ["list"] } })),
      );
      if (policy.decide(asked, "list", { team: "a" }, 0).allowed)
        assert(policy.roots.some((root) => asked.startsWith(root)));
    }),
  );
});

test("whatever is written as a rule, it is a pattern or refused as a path error, and no policy of such rules throws", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.constantFrom("*", "**", "+", "{{ns}}", "{{", "}}", "..", "", "a", "é", "e\u0301"),
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("/"));
  fc.assert(
    fc.property(text, pathText, claimsOf, (written, path, claims) => {
      let parsed = true;
      try {
        parsePattern(written);
      } catch (error) {
        assert(error instanceof CallerError && error.code === "E_PATH", String(error));
        parsed = false;
      }
      const everything = grant("read", "/*");
      const policy = new Policy([everything, grant("read", written)]);
      assert.equal(policy.broken === undefined, parsed);
      // Half a policy could lack exactly its deny: so one bad rule denies everything.
      assert.equal(policy.decide(parseItemPath(path), "read", claims, 0).allowed, parsed);
    }),
    { numRuns: 3000 },
  );
});
