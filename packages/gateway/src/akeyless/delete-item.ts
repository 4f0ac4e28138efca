import { parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { deleteVersion, deleteItem as deleteWhole } from "../items/item-writes.ts";
import { command } from "./command.ts";

export const deleteItem = command({
  name: "delete-item",
  summary:
    "Deletes an item, or one version of it. It acts at once; a whole item can be restored for some days.",
  request: Type.Object({
    name: Type.String(),
    version: Type.Optional(Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER })),
  }),
  async run({ writes, writeParts }, { caller, request, deadline }) {
    const path = parseItemPath(request.name);
    const version = request.version ?? -1;
    // 0 means "the latest" where versions are read; deleting is no place for a guess, so both mean the item.
    const plan = () =>
      version <= 0 ? deleteWhole(writeParts, caller, path) : deleteVersion(writeParts, caller, path, version);
    const deleted = await writes.run(plan, deadline);
    return {
      item_name: request.name,
      item_id: deleted.itemId,
      version_deleted: deleted.version,
      deletion_date: new Date().toISOString(),
    };
  },
});
