import { CallerError } from "@halfkey/model";

/**
 * A token that proves nothing, with the check that failed. The text ends up in a Kubernetes Event: it says what to
 * do, and quotes nothing of the token.
 */
export function refusedToken(why: string): CallerError {
  return new CallerError(
    "E_TOKEN",
    `Status 401 Unauthorized, Error: UnauthorizedAccess. Message: authentication failed: ${why}`,
  );
}
