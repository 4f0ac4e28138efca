import { CallerError, itemPathBytesMax, parseFolder } from "@halfkey/model";
import Type from "typebox";
import { listItems as listMatching } from "../items/item-finder.ts";
import { command } from "./command.ts";
import { itemReply, minimalItemReply } from "./item-reply.ts";
import { cursorAfter, readCursor } from "./list-cursor.ts";

const pageSize = 1000;

export const listItems = command({
  name: "list-items",
  summary: "Lists the items the caller may list.",
  request: Type.Object({
    path: Type.Optional(Type.String()),
    filter: Type.Optional(Type.String()),
    tag: Type.Optional(Type.String()),
    type: Type.Optional(Type.Array(Type.String())),
    "minimal-view": Type.Optional(Type.Boolean()),
    "current-folder": Type.Optional(Type.Boolean()),
    "auto-pagination": Type.Optional(Type.Enum(["enabled", "disabled"])),
    "pagination-token": Type.Optional(Type.String()),
  }),
  async run(services, { caller, request, deadline }) {
    const { freshness, replica, access } = services;
    await freshness.recent(deadline);
    await freshness.settled(deadline);
    const filter = {
      folder: parseFolder(request.path ?? ""),
      contains: containedIn(request.filter ?? ""),
      tag: request.tag ?? "",
      directOnly: request["current-folder"] === true,
      // External Secrets reads all that it finds: one item it may only list would fail the whole.
      readable: replica.index.method(caller.accessId)?.type === "k8s",
    };
    const wantsStatic = includesStatic(request.type ?? []);
    const page =
      request["auto-pagination"] === "disabled"
        ? { after: readCursor(request["pagination-token"] ?? ""), size: pageSize }
        : undefined;
    const found = wantsStatic
      ? listMatching(
          { access, items: access.within(caller, replica.index.items(), ({ path }) => path) },
          caller,
          filter,
          page,
        )
      : { items: [], folders: [], more: false };
    const last = found.items.at(-1);
    const next = found.more && last !== undefined ? cursorAfter(last.path) : "";
    const items = found.items.map((item) =>
      request["minimal-view"]
        ? minimalItemReply(item)
        : itemReply(services, caller, item, { versions: false }),
    );
    return {
      items: items.length === 0 ? null : items,
      folders: found.folders.length === 0 ? null : found.folders,
      next_page: next,
      has_next: next !== "",
    };
  },
});

/** The part of a name that a filter asks for. @throws {CallerError} `E_INPUT` */
function containedIn(filter: string): string {
  // Composing a long text takes time without bound, and no name contains it.
  if (filter.length > 2 * itemPathBytesMax)
    throw new CallerError("E_INPUT", "InvalidParam: filter is longer than any name");
  return filter === "/" ? "" : filter.normalize("NFC");
}

/** Every stored item is a static secret; other types simply have none. */
function includesStatic(types: readonly string[]): boolean {
  const named = types
    .flatMap((type) => type.split(","))
    .map((type) => type.trim())
    .filter((type) => type !== "");
  return named.length === 0 || named.includes("static-secret");
}
