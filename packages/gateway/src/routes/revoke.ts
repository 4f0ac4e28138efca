import { CallerError } from "@halfkey/model";
import Type from "typebox";
import { requireAdmin } from "../access/require-admin.ts";
import { command } from "../akeyless/command.ts";

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
