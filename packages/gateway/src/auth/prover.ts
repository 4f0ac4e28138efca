import type { AuthMethodRecord, Claims } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";

/** What somebody shows to log in, by type of auth method. */
export type LoginAttempt =
  | { type: "api_key"; accessId: string; accessKey: string }
  | { type: "k8s"; accessId: string; configName: string; token: string }
  | { type: "jwt"; accessId: string; token: string };

/**
 * Proves an attempt against one type of auth method.
 *
 * @returns the claims that the session token will carry: strings, or lists of strings.
 * @throws {CallerError} `E_TOKEN` with a text that helps an honest caller and quotes nothing of the credential;
 *   {OperatorError} where keys or a review cannot be had now.
 */
export interface Prover<T extends LoginAttempt["type"] = LoginAttempt["type"]> {
  prove(
    method: AuthMethodRecord,
    attempt: Extract<LoginAttempt, { type: T }>,
    deadline: Deadline,
  ): Promise<Claims>;
}
