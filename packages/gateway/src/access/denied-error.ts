import { CallerError, type Grant } from "@halfkey/model";

/** A refusal, with what the audit log wants to know of it; the caller reads only the text, the same for all. */
export class DeniedError extends CallerError {
  /** The path it was about, if it is known. */
  readonly path: string | undefined;
  /** The rule that denied, if it was a rule and not the lack of one. */
  readonly grant: Grant | undefined;

  constructor(accessId: string, about: { path?: string; grant?: Grant | undefined }) {
    super(
      "E_DENIED",
      `Status 401 Unauthorized, Error: UnauthorizedAccess. Message: unauthorized access for access id ${accessId}`,
    );
    this.path = about.path;
    this.grant = about.grant;
  }
}
