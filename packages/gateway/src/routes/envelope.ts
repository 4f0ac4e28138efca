import { parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { type Command, command } from "../akeyless/command.ts";

/** The other half of local opening: ciphertext, which is nothing without its derived key. */
export const envelope: Command = command({
  name: "envelope",
  summary: "Gives the ciphertext of one version of an item.",
  request: Type.Object({
    path: Type.String(),
    version: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  }),
  async run({ reader }, { caller, request, deadline, audit }) {
    const path = parseItemPath(request.path);
    const read = await reader.readEnvelope(caller, path, request.version ?? 0, deadline);
    await audit.read([{ path, v: read.version, grant: read.grant }]);
    return {
      blob: read.blob.toString("base64url"),
      len: read.length,
      sha: read.sha256,
      version: read.version,
    };
  },
});
