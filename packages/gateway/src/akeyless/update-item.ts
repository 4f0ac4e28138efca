import { CallerError, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { changeItem, type ItemChange } from "../items/change-item.ts";
import { checkDescription, checkTags, maxVersionsMax } from "../items/item-input.ts";
import { checkMove, moveItems } from "../items/move-items.ts";
import { command } from "./command.ts";

/** What official clients send for "leave it as it is". */
const unchanged = new Set(["default_metadata", "default_comment", "use-existing"]);

export const updateItem = command({
  name: "update-item",
  summary: "Changes an item's metadata, or renames it.",
  request: Type.Object({
    name: Type.String(),
    "new-name": Type.Optional(Type.String()),
    description: Type.Optional(Type.String()),
    "new-metadata": Type.Optional(Type.String()),
    "add-tag": Type.Optional(Type.Array(Type.String())),
    "rm-tag": Type.Optional(Type.Array(Type.String())),
    "max-versions": Type.Optional(Type.Integer({ minimum: 1, maximum: maxVersionsMax })),
    delete_protection: Type.Optional(Type.Boolean()),
  }),
  async run({ writes, writeParts, access }, { caller, request, deadline, audit }) {
    const from = parseItemPath(request.name);
    const to = request["new-name"] ? parseItemPath(request["new-name"]) : from;
    const change = changeOf(request);
    if (to === from && Object.keys(change).length === 0) {
      throw new CallerError(
        "E_INPUT",
        "InvalidParam: nothing to change: give new-name, description, add-tag, rm-tag, max-versions or delete_protection",
      );
    }
    const isChange = Object.keys(change).length > 0;
    if (to === from) await writes.run(() => changeItem(writeParts, caller, from, change), deadline);
    else {
      checkMove(from, to);
      const move = { from, to, ...(isChange ? { change } : {}) };
      await writes.run(() => moveItems(writeParts, caller, [move]), deadline);
    }
    if (isChange) await audit.wrote([{ path: from, grant: access.decide(caller, "update", from).grant }]);
    if (to !== from) {
      const { grant } = access.decide(caller, "delete", from);
      await audit.wrote([{ op: "move", path: from, to, grant }]);
    }
    return { updated: true };
  },
});

function changeOf(request: {
  description?: string;
  "new-metadata"?: string;
  "add-tag"?: string[];
  "rm-tag"?: string[];
  "max-versions"?: number;
  delete_protection?: boolean;
}): ItemChange {
  const said = [request.description, request["new-metadata"]].find(
    (text) => text !== undefined && !unchanged.has(text),
  );
  return {
    ...(said === undefined ? {} : { description: checkDescription(said) }),
    ...(request["add-tag"]?.length ? { addTags: checkTags(request["add-tag"]) } : {}),
    ...(request["rm-tag"]?.length ? { removeTags: request["rm-tag"] } : {}),
    ...(request["max-versions"] === undefined ? {} : { maxVersions: request["max-versions"] }),
    ...(request.delete_protection === undefined ? {} : { deleteProtection: request.delete_protection }),
  };
}
