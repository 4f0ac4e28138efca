import { OperatorError } from "@halfkey/model";

/** SQLite's primary result codes (sqlite.org/rescode.html) that an operator can do something about. */
const reasons: Record<number, string> = {
  5: "is locked by another process: wait, or stop that one",
  8: "cannot be written: check the disk's mount and the file's owner",
  10: "has a disk error: check the disk and its free space",
  11: "is damaged: restore it from a backup",
  13: "has no space left: free disk space, service resumes by itself",
  14: "cannot be opened: check that the folder exists and belongs to this user",
  26: "is no database of this program: restore it from a backup",
};

/** A failed database call in an operator's words. Errors that are not SQLite's come back as they are. */
export function databaseError(cause: unknown): unknown {
  const { code, errcode } = cause as { code?: unknown; errcode?: unknown };
  if (code !== "ERR_SQLITE_ERROR" || typeof errcode !== "number") return cause;
  // The low byte is the kind, the rest a detail.
  const reason = reasons[errcode & 0xff];
  return new OperatorError("E_VAULT", `the vault's database ${reason ?? "refused the operation"}`, { cause });
}

/** Whether the database or its disk is full, for which HTTP has a status of its own. */
export function isDiskFull(error: unknown): boolean {
  for (let one = error; one instanceof Error; one = one.cause) {
    const { errcode, code } = one as { errcode?: unknown; code?: unknown };
    if (code === "ERR_SQLITE_ERROR" && typeof errcode === "number" && (errcode & 0xff) === 13) return true;
  }
  return false;
}
