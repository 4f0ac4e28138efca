import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "yaml";
import { neededPolicy } from "./needed-policy.ts";

const refusal = (command: string, code = "E_DENIED") => ({
  code,
  path: 'mdapi/gitlab/odd "name": x',
  where: `POST https://h:8443/akeyless-api/v2/${command}, /mdapi/gitlab, code E_DENIED, status 401`,
});

test("a denial is answered with the rule that was lacking, as YAML whatever the name", () => {
  const rules = parse(neededPolicy(refusal("get-secret-value")) ?? "").roles["NAME-OF-A-ROLE"].rules;
  assert.deepEqual(rules, [{ path: '/mdapi/gitlab/odd "name": x', capabilities: ["read"] }]);
  const moved = parse(neededPolicy(refusal("move-objects")) ?? "").roles["NAME-OF-A-ROLE"].rules;
  assert.deepEqual(moved[0].capabilities, ["delete", "read"]);
});

test("what was no denial at a path lacks no rule", () => {
  assert.equal(neededPolicy(refusal("get-secret-value", "E_NOT_FOUND")), undefined);
  assert.equal(neededPolicy(refusal("list-roles")), undefined);
  assert.equal(neededPolicy(refusal("constructor")), undefined);
});
