import { OperatorError } from "@halfkey/model";

const reasons: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk's quota is used up",
  EROFS: "the disk is mounted read-only",
  EIO: "the disk has an error",
  EACCES: "this user may not",
  EPERM: "this user may not",
  EMFILE: "this process has too many files open",
  ENFILE: "this machine has too many files open",
};

/** A refused system call on a file in an operator's words, as E_DISK. Other errors come back as they are. */
export function diskError(cause: unknown): unknown {
  if (!(cause instanceof Error)) return cause;
  const { code = "", syscall, path } = cause as NodeJS.ErrnoException;
  const reason = Object.hasOwn(reasons, code) ? reasons[code] : undefined;
  if (reason === undefined || syscall === undefined) return cause;
  const call = path === undefined ? syscall : `${syscall} ${path}`;
  return new OperatorError("E_DISK", `${reason} (${code}, ${call})`, { cause });
}
