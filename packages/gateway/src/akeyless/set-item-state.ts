import { parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { changeItem } from "../items/change-item.ts";
import { command } from "./command.ts";

export const setItemState = command({
  name: "set-item-state",
  summary: "Enables or disables an item; a disabled one is neither read nor updated.",
  request: Type.Object({ name: Type.String(), "desired-state": Type.Enum(["Enabled", "Disabled"]) }),
  async run({ writes, writeParts, access }, { caller, request, deadline, audit }) {
    const disabled = request["desired-state"] === "Disabled";
    const path = parseItemPath(request.name);
    await writes.run(() => changeItem(writeParts, caller, path, { disabled }), deadline);
    await audit.wrote([{ path, grant: access.decide(caller, "update", path).grant }]);
    return {};
  },
});
