import { parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { type Wanted, wantedOperations } from "../access/access-decisions.ts";
import { requireAdmin } from "../access/require-admin.ts";
import { command } from "../akeyless/command.ts";

/** The reverse view: who may do an operation at a path, and under which claims. */
export const whoCan = command({
  name: "who-can",
  summary:
    "Lists the auth methods that may do an operation at a path, with the rule that gives it. Admins only.",
  request: Type.Object({ path: Type.String(), capability: Type.Optional(Type.Enum([...wantedOperations])) }),
  async run(services, { caller, request, deadline }) {
    await requireAdmin(services, caller, deadline);
    const path = parseItemPath(request.path);
    const wanted = (request.capability || "read") as Wanted;
    return { path, capability: wanted, clients: services.access.holdersOf(wanted, path) };
  },
});
