import { type Check, fail, ok, skipped } from "@halfkey/diagnosis";
import { CliError, ServerRefusal } from "../cli-error.ts";
import type { Explanation } from "../commands/explain.ts";
import type { ClientPatient } from "./client-patient.ts";
import { modeOfCode } from "./mode-of-code.ts";

/** Whether the caller may read the path of `--path`, and by which rule. */
export const permission: Check<ClientPatient> = {
  id: "permission",
  title: "permission",
  needs: ["login"],
  async look({ gateway, path }) {
    if (path === undefined) return skipped("no --path was given");
    if (gateway === undefined) return skipped("not logged in");
    const { decisions } = await gateway.callOwn<Explanation>("explain", { path }, { path });
    const { allowed, reason } = decisions.read ?? { allowed: false, reason: "the gateway does not tell" };
    return allowed
      ? ok(`${path} may be read: ${reason}`)
      : fail("policy-denied", `${path} may not be read: ${reason}`, `halfkey explain ${path}`);
  },
};

/** Whether the item is there. Its value is not asked for. */
export const item: Check<ClientPatient> = {
  id: "item",
  title: "item",
  needs: ["permission"],
  async look({ gateway, path }) {
    if (path === undefined) return skipped("no --path was given");
    if (gateway === undefined) return skipped("not logged in");
    try {
      const { last_version, is_enabled } = await gateway.call("describe-item", { name: path }, { path });
      if (is_enabled === false) return fail("item-disabled", `${path} is disabled`, `halfkey enable ${path}`);
      return ok(`version ${last_version}`);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      const code = error instanceof ServerRefusal ? error.code : undefined;
      return fail(modeOfCode(code, error.message) ?? "vault-unreachable", error.message, error.next);
    }
  },
};
