import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { CallerError, OperatorError } from "@halfkey/model";
import { createLog } from "./log.ts";

function logOf(level = "debug") {
  const destination = new PassThrough();
  const lines: string[] = [];
  destination.on("data", (chunk) => lines.push(String(chunk)));
  return { log: createLog({ name: "test", level, destination }), lines };
}

describe("a log line", () => {
  it("holds plain fields and the message", () => {
    const { log, lines } = logOf();
    log.info({ status: 200, code: "E_X", ok: true, count: 5n, none: null }, "answered");
    const { time, ...line } = JSON.parse(lines[0] ?? "");
    assert.deepEqual(line, {
      level: "info",
      name: "test",
      status: 200,
      code: "E_X",
      ok: true,
      count: "5",
      none: null,
      msg: "answered",
    });
    assert.match(time, /^\d{4}-\d\d-\d\dT/);
  });

  it("leaves out objects, lists and bytes, whatever they are called", () => {
    const { log, lines } = logOf();
    const secret = "hunter2hunter2";
    log.error({ request: { secret }, list: [secret], bytes: Buffer.from(secret), run: () => secret }, "x");
    assert.equal(lines.join("").includes("hunter2"), false);
    assert.equal(lines.join("").includes(Buffer.from(secret).toString("base64")), false);
  });

  it("tells an error's chain of types, codes and messages, without properties", () => {
    const { log, lines } = logOf();
    const cause = Object.assign(new Error("connect ECONNREFUSED"), {
      code: "ECONNREFUSED",
      syscall: "connect",
    });
    const error = Object.assign(new OperatorError("E_VAULT", "vault away", { cause }), { body: "hunter2" });
    log.warn({ error }, "x");
    assert.deepEqual(JSON.parse(lines[0] ?? "").error, {
      type: "OperatorError",
      code: "E_VAULT",
      runbook: "docs/runbooks/vault-unreachable.md",
      message: "vault away",
      cause: { type: "Error", code: "ECONNREFUSED", message: "connect ECONNREFUSED" },
    });
    assert.equal(lines[0]?.includes("hunter2"), false);
  });

  it("shows where a defect is, but not its message, which may quote what was parsed", () => {
    const { log, lines } = logOf();
    let error: unknown;
    try {
      JSON.parse("hunter2\n    at hunter3:1:1");
    } catch (caught) {
      error = caught;
    }
    assert(error instanceof Error && error.message.includes("hunter2"), "the premise of this test");
    log.error({ error }, "x");
    const shown = JSON.parse(lines[0] ?? "").error;
    assert.equal(shown.type, "SyntaxError");
    assert.equal(lines[0]?.includes("hunter"), false);
    log.error({ error: new RangeError("hunter2") }, "x");
    assert.match(JSON.parse(lines[1] ?? "").error.at, /^log\.test\.ts:\d+$/);
  });

  it("survives a cause that is its own cause", () => {
    const { log, lines } = logOf();
    const error = new CallerError("E_INPUT", "round");
    error.cause = error;
    log.error({ error }, "x");
    assert.equal(lines.length, 1);
  });

  it("is one line, and short, whatever the text holds", () => {
    const { log, lines } = logOf();
    log.info({ text: `a\n{"level":"fake"}\u001b[31m${"x".repeat(10_000)}` }, "x");
    assert.equal(lines.join("").trimEnd().split("\n").length, 1);
    assert((lines[0]?.length ?? 0) < 1000);
    assert.equal(lines[0]?.includes("\u001b"), false);
  });

  it("is not written below the level", () => {
    const { log, lines } = logOf("warn");
    log.info({}, "x");
    assert.equal(lines.length, 0);
  });

  it("is dropped when the disk is full, and ends nothing", {
    skip: existsSync("/dev/full") ? false : "needs /dev/full",
  }, () => {
    const program = `
      import { createLog } from ${JSON.stringify(new URL("./log.ts", import.meta.url))};
      const log = createLog({ name: "test" });
      for (let at = 0; at < 20_000; at += 1) log.info({ text: "x".repeat(400) }, "answered");
      console.log(process.memoryUsage.rss() < 200_000_000 ? "alive" : "grown");
    `;
    const full = openSync("/dev/full", "w");
    const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      stdio: ["ignore", "pipe", full],
    });
    closeSync(full);
    assert.equal(stdout.toString(), "alive\n");
    assert.equal(status, 0);
  });
});
