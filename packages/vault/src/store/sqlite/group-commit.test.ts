import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { CallerError } from "@halfkey/model";
import { openForWriting } from "./database.ts";
import { commitGroup, type Outcome } from "./group-commit.ts";

describe("a group of writes", () => {
  let folder: string;
  let database: DatabaseSync;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "halfkey-group-"));
    database = openForWriting(join(folder, "a.sqlite"));
    database.exec("CREATE TABLE notes (text TEXT PRIMARY KEY, body BLOB) STRICT");
  });
  afterEach(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });

  const note =
    (text: string, bytes = 1) =>
    () => {
      database.prepare("INSERT INTO notes VALUES (?, ?)").run(text, Buffer.alloc(bytes, 1));
      return text;
    };
  const refused = (text: string) => () => {
    note(text)();
    throw new CallerError("E_STATE", "refused after it wrote");
  };
  const commit = (...writes: (() => unknown)[]) =>
    commitGroup(database, writes, (error) => error instanceof CallerError);
  const notes = () =>
    database
      .prepare("SELECT text FROM notes ORDER BY text")
      .all()
      .map(({ text }) => text);
  const resultOf = (outcome: Outcome | undefined) =>
    outcome && "value" in outcome ? outcome.value : undefined;

  it("keeps what was accepted and undoes what was refused", () => {
    const outcomes = commit(note("a"), refused("b"), note("c"));
    assert.deepEqual(outcomes.map(resultOf), ["a", undefined, "c"]);
    assert.deepEqual(notes(), ["a", "c"]);
  });

  it("lets one that no longer fits fail alone", () => {
    const pages = Number(database.prepare("PRAGMA page_count").get()?.page_count);
    database.exec(`PRAGMA max_page_count = ${pages + 8}`);
    const outcomes = commit(note("a"), note("large", 1_000_000), note("c"));
    assert.deepEqual(outcomes.map(resultOf), ["a", undefined, "c"]);
    assert.deepEqual(notes(), ["a", "c"]);
    const failed = outcomes[1];
    assert(failed && "error" in failed);
    assert.equal((failed.error as { errcode?: number }).errcode, 13);
  });

  it("lets a defect of one fail alone", () => {
    const outcomes = commit(note("a"), note("a"), note("c"));
    assert.deepEqual(outcomes.map(resultOf), ["a", undefined, "c"]);
    assert.deepEqual(notes(), ["a", "c"]);
  });

  it("waits once, not once each, for another process that holds the lock", () => {
    const other = openForWriting(join(folder, "a.sqlite"));
    other.exec("BEGIN IMMEDIATE");
    database.exec("PRAGMA busy_timeout = 100");
    const started = performance.now();
    const outcomes = commit(...Array.from({ length: 20 }, (_, at) => note(String(at))));
    assert(performance.now() - started < 1000);
    assert(outcomes.every((outcome) => "error" in outcome));
    other.exec("ROLLBACK");
    other.close();
    assert.deepEqual(resultOf(commit(note("later"))[0]), "later");
  });
});
