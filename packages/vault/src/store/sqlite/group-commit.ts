import type { DatabaseSync } from "node:sqlite";

/** What became of one write of a group. */
export type Outcome = { value: unknown } | { error: unknown };

/**
 * Runs several writes in one transaction, so that one wait for the disk serves all of them. Each stands in a
 * savepoint: a write that is refused leaves nothing, and the others stay.
 *
 * If one cannot be written, everything is rolled back and each write is tried in a transaction of its own: one
 * that no longer fits on the disk must not take its neighbours along.
 *
 * @param isRefusal Tells a refusal, which concerns one write, from a failure of the database.
 */
export function commitGroup(
  database: DatabaseSync,
  writes: (() => unknown)[],
  isRefusal: (error: unknown) => boolean,
): Outcome[] {
  try {
    return commitTogether(database, writes, isRefusal);
  } catch (error) {
    if (writes.length === 1) return [{ error }];
    if (concernsAll(error)) return writes.map(() => ({ error }));
    return writes.flatMap((write) => commitGroup(database, [write], isRefusal));
  }
}

/** A lock that was not given, a broken disk: each write alone would wait for the same again. */
function concernsAll(error: unknown): boolean {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === "number" && [5, 8, 10, 11, 14, 26].includes(errcode & 0xff);
}

function commitTogether(
  database: DatabaseSync,
  writes: (() => unknown)[],
  isRefusal: (error: unknown) => boolean,
): Outcome[] {
  // IMMEDIATE: the lock is taken before anything is read, so nothing that a rule looked at can change.
  database.exec("BEGIN IMMEDIATE");
  try {
    const outcomes = writes.map((write) => inSavepoint(database, write, isRefusal));
    database.exec("COMMIT");
    return outcomes;
  } catch (error) {
    // On a full disk or a read error SQLite has rolled back by itself.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function inSavepoint(
  database: DatabaseSync,
  write: () => unknown,
  isRefusal: (error: unknown) => boolean,
): Outcome {
  database.exec("SAVEPOINT one");
  try {
    const value = write();
    database.exec("RELEASE one");
    return { value };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    database.exec("ROLLBACK TO one");
    database.exec("RELEASE one");
    return { error };
  }
}
