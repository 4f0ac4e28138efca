import type { Runbook } from "@halfkey/model";

/** 1: the command line, a file, this machine. 2: the gateway said no, or could not be reached. */
export type ExitCode = 1 | 2;

/**
 * A failure as the user reads it: what, where, what next, one line each. Never put a value, a token or a key
 * in any of them.
 */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  readonly where: string | undefined;
  readonly next: string | undefined;
  /** The page that helps on, where the next step is not all. */
  readonly runbook: Runbook | undefined;

  constructor(
    what: string,
    details: { exitCode?: ExitCode; where?: string; next?: string; runbook?: Runbook | undefined } = {},
  ) {
    super(what);
    this.exitCode = details.exitCode ?? 1;
    this.where = details.where;
    this.next = details.next;
    this.runbook = details.runbook;
  }
}

/** A doctor has found something and has told all of it: only the exit code is left to give. */
export class DiagnosedFailure extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode) {
    super("something is wrong");
    this.exitCode = exitCode;
  }
}

/** The gateway answered, with anything but success. */
export class ServerRefusal extends CliError {
  readonly status: number;
  /** Such as `E_EXISTS`; undefined when something other than a Halfkey gateway answered. */
  readonly code: string | undefined;
  /** The one path that the request was about. */
  readonly path: string | undefined;

  constructor(
    what: string,
    details: {
      where: string;
      next?: string;
      status: number;
      code: string | undefined;
      path?: string;
      runbook?: Runbook | undefined;
    },
  ) {
    super(what, {
      exitCode: 2,
      where: details.where,
      runbook: details.runbook,
      ...(details.next ? { next: details.next } : {}),
    });
    this.status = details.status;
    this.code = details.code;
    this.path = details.path;
  }
}
