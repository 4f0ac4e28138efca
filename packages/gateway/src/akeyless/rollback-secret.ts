import { parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { rollback } from "../items/rollback.ts";
import { command } from "./command.ts";

export const rollbackSecret = command({
  name: "rollback-secret",
  summary: "Makes an old version's value the newest version.",
  request: Type.Object({
    name: Type.String(),
    "old-version": Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
  }),
  async run({ writes, writeParts, access }, { caller, request, deadline, audit }) {
    const path = parseItemPath(request.name);
    const plan = () => rollback(writeParts, caller, path, request["old-version"]);
    const { version } = await writes.run(plan, deadline);
    await audit.wrote([{ path, v: version, grant: access.decide(caller, "update", path).grant }]);
    return { name: request.name, version };
  },
});
