import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { OperatorError } from "@halfkey/model";

const folder = join(import.meta.dirname, "..", "..", "..", "migrations");

/**
 * Brings the schema up to this program's version, each step in a transaction of its own together with its mark in
 * `schema_version`; so a crash in between repeats the unfinished step only. There is no way back.
 *
 * @throws {OperatorError} E_FORMAT when a newer program has been here.
 */
export function migrate(database: DatabaseSync, now: number): void {
  const steps = readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort();
  database.exec(
    "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL) STRICT",
  );
  const found = versionOf(database);
  if (found > steps.length) {
    throw new OperatorError(
      "E_FORMAT",
      `the database has schema ${found}, this program knows ${steps.length}: start the newer program, or restore a backup`,
    );
  }
  steps.forEach((name, at) => {
    if (at + 1 > found) apply(database, at + 1, readFileSync(join(folder, name), "utf8"), now);
  });
}

function apply(database: DatabaseSync, version: number, sql: string, now: number): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been faster, while this one waited for the lock.
    if (versionOf(database) < version) {
      database.exec(sql);
      database.prepare("INSERT INTO schema_version (version, applied) VALUES (?, ?)").run(version, now);
    }
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

function versionOf(database: DatabaseSync): number {
  const row = database.prepare("SELECT max(version) AS version FROM schema_version").get();
  return Number(row?.version ?? 0);
}
