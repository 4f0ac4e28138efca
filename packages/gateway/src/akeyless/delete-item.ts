import { parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { deleteVersion } from "../items/change-item.ts";
import { deleteItem as deleteWhole } from "../items/trash.ts";
import { command } from "./command.ts";

export const deleteItem = command({
  name: "delete-item",
  summary:
    "Deletes an item, or one version of it. It acts at once; a whole item can be restored for some days.",
  request: Type.Object({
    name: Type.String(),
    version: Type.Optional(Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER })),
  }),
  async run({ writes, writeParts, access }, { caller, request, deadline, audit }) {
    const path = parseItemPath(request.name);
    // 0 means "the latest" where versions are read; deleting is no place for a guess, so it means the item.
    const version = Math.max(request.version ?? -1, 0) || -1;
    const plan = () =>
      version === -1
        ? deleteWhole(writeParts, caller, path)
        : deleteVersion(writeParts, caller, path, version);
    const { itemId } = await writes.run(plan, deadline);
    const which = version === -1 ? {} : { v: version };
    await audit.wrote([{ path, ...which, grant: access.decide(caller, "delete", path).grant }]);
    return {
      item_name: request.name,
      item_id: itemId,
      version_deleted: version,
      deletion_date: new Date().toISOString(),
    };
  },
});
