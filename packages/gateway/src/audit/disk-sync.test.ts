import assert from "node:assert/strict";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "./audit.testing.ts";
import { DiskSync } from "./disk-sync.ts";

test("whoever waits is told when his part is on the disk", async () => {
  const fd = openSync(join(temporaryFolder(), "file"), "w");
  let size = 1;
  const sync = new DiskSync({ fd: () => fd, size: () => size, onFailure: (error) => error });
  await sync.until(1);
  size = 5;
  const both = Promise.all([sync.until(3), sync.until(5)]);
  size = 7;
  await both;
  await sync.until(7);
  assert(!sync.isDoubtful);
  closeSync(fd);
});

test("a failed fsync leaves the file in doubt until there is a new one", async () => {
  const fd = openSync(join(temporaryFolder(), "file"), "w");
  closeSync(fd);
  const failure = new Error("told to those who wait");
  let failures = 0;
  const onFailure = () => {
    failures += 1;
    return failure;
  };
  const sync = new DiskSync({ fd: () => fd, size: () => 2, onFailure });
  await assert.rejects(sync.until(2), failure);
  assert.deepEqual([sync.isDoubtful, failures], [true, 1]);
  sync.restart(2);
  assert(!sync.isDoubtful);
  await sync.until(2);
});
