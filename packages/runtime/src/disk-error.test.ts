import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { OperatorError } from "@halfkey/model";
import { diskError } from "./disk-error.ts";

function errorOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return assert.fail("it did not fail");
}

test("what the disk refuses is told with file and reason, and is no defect", () => {
  const told = diskError(errorOf(() => writeFileSync("/dev/full", "x")));
  assert(told instanceof OperatorError);
  assert.equal(told.code, "E_DISK");
  assert.match(told.message, /^the disk is full \(ENOSPC, write/);
});

test("anything else stays what it is", () => {
  const folder = mkdtempSync(join(tmpdir(), "halfkey-disk-error-"));
  symlinkSync("loop", join(folder, "loop"));
  for (const error of [
    errorOf(() => readFileSync(join(folder, "loop"))),
    Object.assign(new Error("not of a system call"), { code: "EIO" }),
    "text",
    undefined,
  ]) {
    assert.equal(diskError(error), error);
  }
  rmSync(folder, { recursive: true });
});
