import type { Caller } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { Services } from "../services.ts";
import { type AccessDecisions, denied } from "./access-decisions.ts";

/** For what only operators may do. @throws {CallerError} `E_DENIED` for callers without an admin role. */
export async function requireAdmin(
  { access, freshness }: Pick<Services, "access" | "freshness">,
  caller: Caller,
  deadline: Deadline,
): Promise<void> {
  if (access.isAdmin(caller)) return;
  await freshness.beforeNegative(deadline);
  if (!access.isAdmin(caller)) throw denied(caller);
}

/** The same where nothing may be waited for: in a write, against the head it is built on. @throws {CallerError} `E_DENIED` */
export function requireAdminNow(access: AccessDecisions, caller: Caller): void {
  if (!access.isAdmin(caller)) throw denied(caller);
}
