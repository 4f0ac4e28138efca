import { type ItemPath, parseFolder } from "@halfkey/model";
import { type TrashReply, TrashRequest } from "@halfkey/wire";
import { command } from "../akeyless/command.ts";

export const trash = command({
  name: "trash",
  summary:
    "Lists deleted items that can be brought back, newest first: those whose path the caller may list.",
  request: TrashRequest,
  async run({ replica, access, freshness }, { caller, request, deadline }): Promise<TrashReply> {
    await freshness.recent(deadline);
    const folder = parseFolder(request.path ?? "");
    const items = [...access.within(caller, replica.index.trash(), ({ item }) => item.path)]
      .filter(
        ({ item }) => item.path.startsWith(folder) && access.allows(caller, "list", item.path as ItemPath),
      )
      .sort((a, b) => b.deleted - a.deleted)
      .map(({ item, deleted, purge, by }) => ({
        name: item.path,
        deleted: new Date(deleted).toISOString(),
        purge: new Date(purge).toISOString(),
        by,
        version: item.versions.at(-1)?.v ?? 0,
      }));
    return { items };
  },
});
