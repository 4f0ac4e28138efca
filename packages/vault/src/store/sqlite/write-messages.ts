import { CallerError, type ErrorCode, OperatorError } from "@halfkey/model";
import type { VaultWrites } from "../vault-store.ts";

/** To the worker: a write by its name, or the wish to end. */
export type WriteRequest =
  | { id: number; name: keyof VaultWrites; args: unknown[] }
  | { id: number; name: "close" };

/** From the worker. Errors cross the threads by kind, as a structured clone loses their class. */
export type WriteReply = { id: number; value: unknown } | { id: number; failure: Failure };

export interface Failure {
  kind: "caller" | "operator" | "defect";
  code: ErrorCode;
  message: string;
  /** SQLite's result code, where the database failed. */
  errcode?: number;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof CallerError) return { kind: "caller", code: error.code, message: error.message };
  if (error instanceof OperatorError) {
    const errcode = (error.cause as { errcode?: unknown } | undefined)?.errcode;
    const failure: Failure = { kind: "operator", code: error.code, message: error.message };
    return typeof errcode === "number" ? { ...failure, errcode } : failure;
  }
  const message =
    error instanceof Error ? `${error.name} in the write thread` : "unknown failure in the write thread";
  return { kind: "defect", code: "E_INTERNAL", message };
}

export function errorOf({ kind, code, message, errcode }: Failure): Error {
  if (kind === "caller") return new CallerError(code, message);
  if (kind === "defect") return new RangeError(message);
  const cause =
    errcode === undefined
      ? undefined
      : Object.assign(new Error(message), { code: "ERR_SQLITE_ERROR", errcode });
  return new OperatorError(code, message, cause === undefined ? {} : { cause });
}
