import { type Caller, type Grant, type ItemPath, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { wantedOperations } from "../access/access-decisions.ts";
import { requireAdmin } from "../access/require-admin.ts";
import { command } from "../akeyless/command.ts";
import type { Services } from "../services.ts";

/** Which rule decides what at a path. About oneself anybody may ask; about another access id, admins. */
export const explain = command({
  name: "explain",
  summary: "Tells for each operation at a path whether it is allowed, and which rule of which role decides.",
  request: Type.Object({
    path: Type.String(),
    as: Type.Optional(Type.String()),
    claims: Type.Optional(Type.Object({})),
  }),
  async run(services, { caller, request, deadline }) {
    const path = parseItemPath(request.path);
    let subject: Caller = caller;
    if (request.as !== undefined || request.claims !== undefined) {
      await requireAdmin(services, caller, deadline);
      subject = { accessId: request.as ?? caller.accessId, tokenId: "", claims: { ...request.claims } };
    }
    await services.freshness.recent(deadline);
    return { path, access_id: subject.accessId, decisions: decisionsOf(services, subject, path) };
  },
});

function decisionsOf({ access }: Services, subject: Caller, path: ItemPath): object {
  return Object.fromEntries(
    wantedOperations.map((wanted) => {
      const { allowed, grant } = access.decide(subject, wanted, path);
      return [
        wanted,
        {
          allowed,
          reason: reasonOf(allowed, grant),
          ...(grant === undefined ? {} : { rule: ruleOf(grant) }),
        },
      ];
    }),
  );
}

function reasonOf(allowed: boolean, grant: Grant | undefined): string {
  if (grant === undefined) return "no rule covers it: nothing is allowed by default";
  const { role, rule } = grant;
  return allowed
    ? `role ${role} gives it by ${rule.pattern}`
    : `role ${role} denies it by ${rule.pattern}: a deny wins`;
}

function ruleOf({ role, rule, subClaims }: Grant): object {
  const { pattern, capabilities, expires } = rule;
  return {
    role,
    pattern,
    capabilities,
    ...(expires === undefined ? {} : { expires: new Date(expires).toISOString() }),
    ...(subClaims === undefined || Object.keys(subClaims.values).length === 0
      ? {}
      : { sub_claims: subClaims.values }),
  };
}
