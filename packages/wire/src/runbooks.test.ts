import assert from "node:assert/strict";
import { test } from "node:test";
import { errorCodes, runbookOf } from "@halfkey/model";
import { httpStatusOf } from "./http-status.ts";

test("every code that only an operator can mend names a runbook", () => {
  // 501 is a command that is not built: its next step is all there is to say.
  const servers = errorCodes.filter((code) => httpStatusOf(code) >= 500 && httpStatusOf(code) !== 501);
  assert(servers.length > 15);
  assert.deepEqual(
    servers.filter((code) => runbookOf(code) === undefined),
    [],
  );
});
