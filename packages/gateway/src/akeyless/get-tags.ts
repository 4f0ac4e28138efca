import { parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { findItem } from "../items/item-finder.ts";
import { command } from "./command.ts";

export const getTags = command({
  name: "get-tags",
  summary: "Lists an item's tags.",
  request: Type.Object({ name: Type.String() }),
  async run(services, { caller, request, deadline }) {
    return (await findItem(services, caller, parseItemPath(request.name), deadline)).tags;
  },
});
