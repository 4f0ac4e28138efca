import { runbookFile, runbookOf } from "./runbooks.ts";

/**
 * What the reader does next, for every code. Scripts match on codes: never rename or reuse one.
 * `docs/errors.md` is generated from this table.
 */
const nextSteps = {
  E_PATH: "Write it as /mdapi/<namespace>/<secret>/<key>, without empty, '.', '..', '*' or '+' parts.",
  E_INPUT: "Correct the named field and send the request again.",
  E_ROUTE: "Check the base URL and the command's spelling.",
  E_FORMAT: "Update the older of the two programs; if both are current, the data is damaged.",
  E_TOKEN: "Authenticate again: the token is missing, malformed or revoked, or the credentials are wrong.",
  E_EXPIRED: "Authenticate again: the token's time is over.",
  E_DENIED: "Ask for a role that covers the path; `halfkey explain <path>` names the deciding rule.",
  E_DISABLED:
    "Enable the item (set-item-state) or switch its delete protection off (update-item), or ask its owner.",
  E_NOT_FOUND: "Check the path and the version; `halfkey list` shows what you may see.",
  E_EXISTS: "Choose another name, or update the existing item.",
  E_CONFLICT: "Read the current version and repeat the change on top of it.",
  E_TOO_LARGE: "Make the value or the request smaller; a value may have 1 MiB.",
  E_RATE: "Wait for the time given in Retry-After, then send fewer requests.",
  E_UNSUPPORTED: "Use a command from the list in docs/akeyless-api.md.",
  E_EPOCH: "Give this gateway the missing customer epoch, or re-read later.",
  E_SEALED: "Unseal the gateway, or wait until its self-test has passed; see /ready.",
  E_VAULT: "Check that the vault runs and can be reached; the gateway recovers by itself.",
  E_ISSUER:
    "Check that the gateway reaches what vouches for the token (a cluster's API server, a JWKS URL) and may ask it.",
  E_REVOKED: "The vault refuses this gateway: ask the vault's operator (`halfkey-vault instances`).",
  E_KEY: "The vault answered with another fragment, path or version: run `halfkey doctor`.",
  E_TAG: "The ciphertext was altered: restore the item from a backup.",
  E_BLOB: "The vault lost or altered a value: restore the vault from its backup.",
  E_STATE: "The vault's records contradict the journal: see `halfkey head show`.",
  E_WRITER: "A journal entry was signed by nobody who may: see `halfkey head show`.",
  E_FORK: "The vault shows another history than before: see `halfkey head show`.",
  E_ROLLBACK: "The vault was set back: it heals by itself, or see `halfkey head show`.",
  E_WITHHELD: "The vault hides entries that a peer has seen: see `halfkey head show`.",
  E_FROZEN: "Writes are frozen by an alarm: see `halfkey head show`.",
  E_CLONE: "A younger process runs with this instance's identity: stop one of them.",
  E_CLOCK: "Set this machine's clock: it differs from the vault's by over a minute.",
  E_UNKNOWN: "The change may have happened: read before you repeat it.",
  E_AUDIT: "The audit log cannot be written: free disk space; service resumes by itself.",
  E_DISK: "Free space on the disk that the message names, or mend what it says, and start again.",
  E_CHECK: "The file is damaged or missing: restore it from a backup.",
  E_BACKUP:
    "Look at the message: free space, or mend the target; the gateway tries again by itself, `halfkey-gateway backup now` at once.",
  E_SHARE: "Compare what was typed with the sheet, and the sheet's account, genesis and set with the others.",
  E_INTERNAL: "This is a defect: report it with the request id.",
} as const;

export type ErrorCode = keyof typeof nextSteps;

export const errorCodes = Object.keys(nextSteps) as ErrorCode[];

export function nextStepOf(code: ErrorCode): string {
  return nextSteps[code];
}

/** What a program says below an error's message: the next step, and the page where there is more. */
export function adviceOf(error: HalfkeyError): string {
  const runbook = runbookOf(error.code);
  return `  next: ${error.nextStep}\n${runbook === undefined ? "" : `  runbook: ${runbookFile(runbook)}\n`}`;
}

/** A failure we expect. Anyone may read its message: never put a value, a token or a key in it. */
export abstract class HalfkeyError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }

  get nextStep(): string {
    return nextSteps[this.code];
  }
}

/** The caller can fix it, by sending something else. Trying again unchanged cannot help. */
export class CallerError extends HalfkeyError {}

/** Only the operator of one of the halves can fix it. The same request may succeed later. */
export class OperatorError extends HalfkeyError {}
