import { CallerError, HalfkeyError, type ItemPath, parseFolder, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import { deleteItem } from "../items/trash.ts";
import { command } from "./command.ts";

const inFlight = 64;
const namedMax = 1000;

export const deleteItems = command({
  name: "delete-items",
  summary: "Deletes several items, or everything below a folder; each can be restored for some days.",
  request: Type.Object({
    path: Type.Optional(Type.String()),
    item: Type.Optional(Type.Array(Type.String())),
  }),
  async run({ writes, writeParts, freshness, replica, access }, { caller, request, deadline, audit }) {
    await freshness.recent(deadline);
    const named = (request.item ?? []).map(parseItemPath);
    if (named.length > namedMax)
      throw new CallerError("E_INPUT", `InvalidParam: item has more than ${namedMax} entries`);
    const folder = request.path ? parseFolder(request.path) : undefined;
    if (folder === "/")
      throw new CallerError("E_INPUT", "InvalidParam: path must be a folder below the root");
    if (named.length === 0 && folder === undefined)
      throw new CallerError("E_INPUT", "missing required parameter - path or item");
    const below =
      folder === undefined
        ? []
        : [...access.within(caller, replica.index.items(), (item) => item.path)]
            .map(({ path }) => path as ItemPath)
            .filter((path) => path.startsWith(folder));
    const paths = [
      ...new Set([...named, ...below.filter((path) => access.allows(caller, "list", path))]),
    ].sort();
    const deleted: string[] = [];
    const failed: Record<string, string> = Object.create(null);
    for (let at = 0; at < paths.length; at += inFlight) {
      const part = paths.slice(at, at + inFlight);
      const outcomes = await Promise.allSettled(
        part.map((path) =>
          writes.run(() => deleteItem(writeParts, caller, path), Deadline.in(requestBudgetMs)),
        ),
      );
      const gone = part.filter((_, place) => outcomes[place]?.status === "fulfilled");
      await audit.wrote(gone.map((path) => ({ path, grant: access.decide(caller, "delete", path).grant })));
      deleted.push(...gone);
      for (const [place, outcome] of outcomes.entries()) {
        if (outcome.status === "fulfilled") continue;
        if (!(outcome.reason instanceof HalfkeyError)) throw outcome.reason;
        const path = part[place] ?? "";
        failed[path] = outcome.reason.message;
        await audit.refused(outcome.reason, path);
      }
    }
    return { deleted_items: deleted, failed_deleted_items: failed, path: request.path ?? "" };
  },
});
