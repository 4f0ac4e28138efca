import { type Caller, CallerError, type Grant, type ItemPath, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import type { Wanted } from "../access/access-decisions.ts";
import { requireAdmin } from "../access/require-admin.ts";
import { command } from "../akeyless/command.ts";
import type { Services } from "../services.ts";

const operations: readonly Wanted[] = ["read", "list", "create", "update", "delete"];

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
    operations.map((wanted) => {
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

/** The reverse view: who may do an operation at a path, and under which claims. */
export const whoCan = command({
  name: "who-can",
  summary:
    "Lists the auth methods that may do an operation at a path, with the rule that gives it. Admins only.",
  request: Type.Object({ path: Type.String(), capability: Type.Optional(Type.Enum([...operations])) }),
  async run(services, { caller, request, deadline }) {
    await requireAdmin(services, caller, deadline);
    const path = parseItemPath(request.path);
    const wanted = (request.capability || "read") as Wanted;
    return { path, capability: wanted, clients: services.access.holdersOf(wanted, path) };
  },
});

/** Ends tokens: one, all of an auth method, or all there are. */
export const revoke = command({
  name: "revoke",
  summary: "Ends one token (token-id), every token of an auth method (access-id), or every token (all).",
  request: Type.Object({
    "token-id": Type.Optional(Type.String()),
    "access-id": Type.Optional(Type.String()),
    all: Type.Optional(Type.Boolean()),
  }),
  async run(services, { caller, request, deadline, audit }) {
    const { "token-id": tokenId, "access-id": accessId, all } = request;
    const said = [tokenId, accessId, all === true ? "all" : undefined].filter((one) => one !== undefined);
    if (said.length !== 1)
      throw new CallerError("E_INPUT", "give exactly one of token-id, access-id and all");
    // Everybody may end his own token; the rest is for admins.
    if (tokenId !== caller.tokenId) await requireAdmin(services, caller, deadline);
    await services.revocations.run({ tokenId, accessId }, caller, deadline);
    await audit.wrote([{ path: "", to: tokenId ?? accessId ?? "all tokens" }]);
    return { revoked: said[0] };
  },
});
