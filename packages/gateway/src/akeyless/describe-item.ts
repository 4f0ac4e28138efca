import { CallerError, type ItemPath, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { denied } from "../access/access-decisions.ts";
import { findItem } from "../items/item-finder.ts";
import type { Services } from "../services.ts";
import { command } from "./command.ts";
import { itemIdOf, itemReply } from "./item-reply.ts";

export const describeItem = command({
  name: "describe-item",
  summary: "Tells an item's metadata, never its value.",
  // Older External Secrets reports any JSON object as "item does not exist"; a name of the wrong type makes it
  // print the body instead, so that its user sees the real cause.
  errorFields: { item_name: false },
  request: Type.Object({
    name: Type.Optional(Type.String()),
    "display-id": Type.Optional(Type.String()),
    "item-id": Type.Optional(Type.Integer()),
    "show-versions": Type.Optional(Type.Boolean()),
  }),
  async run(services, { caller, request, deadline }) {
    let path = pathOf(services, request);
    if (path === undefined) {
      // An unknown number is refused like a forbidden item, after the same look at the vault's head: neither words
      // nor time must tell what exists.
      await services.freshness.beforeNegative(deadline);
      path = pathOf(services, request);
    }
    if (path === undefined) throw denied(caller);
    const item = await findItem(services, caller, path, deadline);
    return itemReply(services, caller, item, {
      versions: request["show-versions"] === true,
      name: request.name || item.path,
    });
  },
});

function pathOf(
  { replica }: Services,
  request: { name?: string; "display-id"?: string; "item-id"?: number },
): ItemPath | undefined {
  if (request.name) return parseItemPath(request.name);
  if (request["item-id"]) return replica.index.itemByNumber(request["item-id"])?.path as ItemPath | undefined;
  if (!request["display-id"]) throw new CallerError("E_INPUT", "missing required parameter - name");
  const itemId = itemIdOf(request["display-id"]);
  return itemId === undefined
    ? undefined
    : (replica.index.itemByNumber(itemId)?.path as ItemPath | undefined);
}
