import { parseItemPath } from "@halfkey/model";
import { UndeleteRequest } from "@halfkey/wire";
import { command } from "../akeyless/command.ts";
import { undeleteItem } from "../items/trash.ts";

export const undelete = command({
  name: "undelete",
  summary: "Brings back the item that was last deleted at a path.",
  request: UndeleteRequest,
  async run({ writes, writeParts, access }, { caller, request, deadline, audit }) {
    const path = parseItemPath(request.name);
    const { version } = await writes.run(() => undeleteItem(writeParts, caller, path), deadline);
    await audit.wrote([{ path, v: version, grant: access.decide(caller, "create", path).grant }]);
    return { name: request.name, version };
  },
});
