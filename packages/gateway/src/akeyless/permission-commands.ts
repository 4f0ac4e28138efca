import { CallerError, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { command } from "./command.ts";

export const describePermissions = command({
  name: "describe-permissions",
  summary: "Tells what the caller may do at a path; nothing about whether it exists.",
  request: Type.Object({ path: Type.String(), type: Type.Optional(Type.String()) }),
  async run({ access, freshness }, { caller, request, deadline }) {
    await freshness.recent(deadline);
    if (request.type && request.type !== "item") {
      throw new CallerError("E_UNSUPPORTED", "only permissions of type item are supported");
    }
    return { client_permissions: access.capabilitiesAt(caller, parseItemPath(request.path)) };
  },
});

export const describeSubClaims = command({
  name: "describe-sub-claims",
  summary: "Tells the claims of the caller's token.",
  request: Type.Object({}),
  async run(_services, { caller }) {
    const lists = Object.entries(caller.claims).map(([name, value]): [string, string[]] => [
      name,
      (Array.isArray(value) ? value : [value]).map(String),
    ]);
    return { sub_claims: Object.fromEntries(lists) };
  },
});
