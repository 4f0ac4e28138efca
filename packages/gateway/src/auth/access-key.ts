import { verifyAccessKey } from "@halfkey/crypto";
import type { AuthMethodRecord, Claims } from "@halfkey/model";
import type { LoginAttempt } from "./prover.ts";
import { refusedLogin } from "./refused-login.ts";

/** No key has this verifier; comparing with it costs what any comparison costs. */
const impossibleVerifier = Buffer.alloc(32);

/** A random access key: a fast hash suffices, and logins are cheap (External Secrets logs in for every read). */
export async function proveAccessKey(
  method: AuthMethodRecord,
  { accessId, accessKey }: Extract<LoginAttempt, { type: "api_key" }>,
): Promise<Claims> {
  const verifier =
    method.verifier === undefined ? impossibleVerifier : Buffer.from(method.verifier, "base64url");
  if (!verifyAccessKey(verifier, accessId, accessKey)) throw refusedLogin();
  return {};
}
