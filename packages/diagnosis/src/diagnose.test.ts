import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { runbooks } from "@halfkey/model";
import { type Check, fail, ok, skipped, warn } from "./check.ts";
import { diagnose, exitCodeOf } from "./diagnose.ts";
import { failureModes } from "./failure-modes.ts";
import { reportText } from "./report-text.ts";

const plain = { red: String, green: String, yellow: String };

function check(id: string, look: Check<object>["look"], needs: string[] = []): Check<object> {
  return { id, title: id, look, needs };
}

describe("a diagnosis", () => {
  const checks = [
    check("name", async () => ok("is 10.0.0.5")),
    check("port", async () => fail("gateway-unreachable", "nothing listens"), ["name"]),
    check("certificate", async () => ok("trusted"), ["port"]),
    check("health", async () => ok("well"), ["certificate"]),
    check("disk", async () => fail("disk-full", "no space")),
    check("clock", async () => warn("3 minutes ahead", "set it")),
    check("item", async () => skipped("no --path was given"), ["name"]),
    check("broken", async () => {
      throw Object.assign(new Error("hunter2"), { code: "EIO" });
    }),
  ];

  test("goes on as far as it makes sense, and its verdict is the first failure", async () => {
    const { ok: isOk, verdict, checks: findings } = await diagnose(checks, {});
    assert.equal(isOk, false);
    assert.equal(verdict?.mode, "gateway-unreachable");
    assert.equal(verdict?.runbook, "docs/runbooks/gateway-unreachable.md");
    assert.deepEqual(
      findings.map(({ id, status, seen }) => `${id} ${status}: ${seen}`),
      [
        "name ok: is 10.0.0.5",
        "port fail: nothing listens",
        "certificate skipped: not looked at: port failed",
        "health skipped: not looked at: port failed",
        "disk fail: no space",
        "clock warn: 3 minutes ahead",
        "item skipped: no --path was given",
        "broken warn: could not be looked at (EIO)",
      ],
    );
  });

  test("is printed in columns, the verdict last, and moves no cursor", async () => {
    const text = reportText(
      await diagnose([check("a", async () => ok("fine\u001b[2J")), ...checks.slice(1, 4)], {}),
      plain,
    );
    assert.equal(
      text,
      [
        "✓ a              fine\\u{1b}[2J",
        "✗ port           nothing listens",
        "– certificate …  not looked at: port failed",
        "",
        "the gateway is unreachable: nothing listens",
        "  next: on the gateway's machine: halfkey-gateway doctor --data DIR",
        "  runbook: docs/runbooks/gateway-unreachable.md",
        "",
      ].join("\n"),
    );
  });

  test("exits with 0, with 1 for this machine, with 2 for others", async () => {
    const codeOf = async (...some: Check<object>[]) => exitCodeOf(await diagnose(some, {}));
    assert.equal(await codeOf(check("clock", async () => warn("late"))), 0);
    assert.equal(await codeOf(check("disk", async () => fail("disk-full", "full"))), 1);
    assert.equal(await codeOf(...checks), 2);
  });
});

test("every runbook has its page, every page is a runbook, and every failure mode names one", () => {
  const folder = join(import.meta.dirname, "..", "..", "..", "docs", "runbooks");
  const pages = readdirSync(folder).map((file) => file.replace(/\.md$/, ""));
  // An incident is no symptom that a program could name.
  const symptoms = pages.filter((page) => page !== "README" && !page.startsWith("incident"));
  assert.deepEqual(symptoms.sort(), Object.keys(runbooks).sort());
  for (const { runbook } of Object.values(failureModes)) assert(existsSync(join(folder, `${runbook}.md`)));
});
