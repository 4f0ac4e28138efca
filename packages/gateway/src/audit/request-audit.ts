import {
  type Caller,
  CallerError,
  type Claims,
  type Grant,
  HalfkeyError,
  OperatorError,
} from "@halfkey/model";
import { DeniedError } from "../access/denied-error.ts";
import type { AuditRecorder } from "./audit-recorder.ts";
import { type AuditFact, claimsText, ruleText } from "./entry-text.ts";

/** What an entry says of one thing that was done. */
export interface Deed {
  /** Where it differs from the request's own. */
  op?: string;
  path: string;
  to?: string;
  v?: number;
  grant?: Grant | undefined;
}

/** Counted before anybody is authenticated; of a caller's requests, only the two that name nothing that could exist. */
const countedCodes: readonly string[] = ["E_TOKEN", "E_EXPIRED", "E_PATH", "E_FORMAT", "E_RATE"];
const countedOfCallers: readonly string[] = ["E_PATH", "E_FORMAT"];

/** The audit of one request: it knows who, by what and under which id, so that a command only says what it did. */
export class RequestAudit {
  readonly #recorder: AuditRecorder;
  readonly #request: { id: string; address: string };
  readonly #op: string;
  #caller: Caller | undefined;
  #claims: string | undefined;
  /** Failures that are dealt with: a command may know more of one than who catches it last. */
  readonly #dealtWith = new Set<unknown>();

  /** @param op The operation that the request is about, as entries name it. */
  constructor(recorder: AuditRecorder, op: string, request: { id: string; address: string }) {
    this.#recorder = recorder;
    this.#op = op;
    this.#request = request;
  }

  /** The request is proved to be this caller's. */
  identify(caller: Caller): void {
    this.#caller = caller;
    this.#claims = claimsText(caller.claims);
  }

  /** @throws {OperatorError} `E_AUDIT`: call it before work whose result could then not be given out. */
  assertWritable(): void {
    this.#recorder.assertWritable();
  }

  /** Values about to be given out: one entry each. @throws {OperatorError} `E_AUDIT`: then they must not be. */
  read(deeds: readonly Deed[]): Promise<void> {
    return this.#recorder.record(deeds.map((deed) => this.#fact(deed)));
  }

  /** Changes that are committed, before their success is answered. @throws {OperatorError} `E_AUDIT` */
  async wrote(deeds: readonly Deed[]): Promise<void> {
    try {
      await this.#recorder.record(deeds.map((deed) => this.#fact(deed)));
    } catch (cause) {
      throw new OperatorError("E_AUDIT", "the change was made, but could not be recorded in the audit log", {
        cause,
      });
    }
  }

  /** A login that succeeded. @throws {OperatorError} `E_AUDIT` */
  loggedIn(accessId: string, claims: Claims): Promise<void> {
    return this.#recorder.record([
      { who: accessId, claims: claimsText(claims), op: this.#op, ok: true, req: this.#request.id },
    ]);
  }

  /**
   * What a request failed with, as far as it belongs into the log: denials and changes whose fate is open get an
   * entry, failures before authentication are counted.
   *
   * @throws {OperatorError} `E_AUDIT` where the entry of a denial cannot be written.
   */
  async refused(error: unknown, path?: string): Promise<void> {
    if (!(error instanceof HalfkeyError) || this.#dealtWith.has(error)) return;
    this.#dealtWith.add(error);
    const { code } = error;
    const caller = this.#caller;
    if (
      error instanceof CallerError &&
      (caller === undefined ? countedCodes : countedOfCallers).includes(code)
    ) {
      this.#recorder.countFailure(this.#op === "login" ? "login" : code, this.#request.address);
    }
    if (caller === undefined) return;
    if (error instanceof DeniedError) {
      await this.#recorder.recordDenial(
        caller.tokenId,
        this.#refusal(caller, code, error.path ?? path, error.grant),
      );
    } else if (code === "E_DISABLED") {
      await this.#recorder.recordDenial(caller.tokenId, this.#refusal(caller, code, path));
    } else if (code === "E_UNKNOWN") {
      // The caller must learn that the change may have happened, whatever becomes of the entry.
      await this.#recorder.record([this.#refusal(caller, code, path)]).catch((failure) => {
        if (!(failure instanceof OperatorError)) throw failure;
      });
    }
  }

  #fact({ op = this.#op, path, to, v, grant }: Deed): AuditFact {
    const rule = ruleText(grant);
    return {
      who: this.#caller?.accessId ?? "",
      claims: this.#claims,
      op,
      path,
      ...(to === undefined ? {} : { to }),
      ...(v === undefined ? {} : { v }),
      ok: true,
      req: this.#request.id,
      ...(rule === undefined ? {} : { rule }),
    };
  }

  #refusal(caller: Caller, code: string, path: string | undefined, grant?: Grant): AuditFact {
    const rule = ruleText(grant);
    return {
      who: caller.accessId,
      claims: this.#claims,
      op: this.#op,
      ...(path === undefined ? {} : { path }),
      ok: false,
      req: this.#request.id,
      ...(rule === undefined ? {} : { rule }),
      code,
    };
  }
}
