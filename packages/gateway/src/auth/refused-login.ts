import { CallerError } from "@halfkey/model";

/** One text for an access id that does not exist and for credentials that do not fit: neither is confirmed. */
export function refusedLogin(): CallerError {
  return new CallerError(
    "E_TOKEN",
    "Status 401 Unauthorized, Error: UnauthorizedAccess. Message: authentication failed: unknown access id or wrong credentials",
  );
}
