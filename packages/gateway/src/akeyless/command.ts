import type { Caller } from "@halfkey/model";
import type { Static, TObject } from "typebox";
import type { RequestAudit } from "../audit/request-audit.ts";
import type { Deadline } from "../deadline.ts";
import type { Services } from "../services.ts";

export interface CommandCall<R> {
  caller: Caller;
  request: R;
  /** Where the request comes from. */
  address: string;
  deadline: Deadline;
  /** Says what was done, before it is answered. */
  audit: RequestAudit;
}

/** One command of the Akeyless-compatible API: `POST /akeyless-api/v2/<name>`. */
export interface Command {
  name: string;
  summary: string;
  request: TObject;
  /** Status of a success; 200 unless official clients expect another. */
  status?: number;
  /** Commands that need no token: they are called with a caller of nobody. */
  open?: true;
  /** Takes the token from an `Authorization: Bearer` header too. */
  bearer?: true;
  /** Fields that every error body of this command carries besides `error`. */
  errorFields?: Readonly<Record<string, unknown>>;
  run(services: Services, call: CommandCall<unknown>): Promise<unknown>;
}

/** Ties a command's schema to the type its `run` works with. */
export function command<S extends TObject>(definition: {
  name: string;
  summary: string;
  request: S;
  status?: number;
  open?: true;
  /** Takes the token from an `Authorization: Bearer` header too. */
  bearer?: true;
  errorFields?: Readonly<Record<string, unknown>>;
  run(services: Services, call: CommandCall<Static<S>>): Promise<unknown>;
}): Command {
  return definition as unknown as Command;
}
