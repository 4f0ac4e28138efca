import { CallerError, type ItemPath, OperatorError, parseFolder, parseItemPath } from "@halfkey/model";
import Type from "typebox";
import { denied } from "../access/access-decisions.ts";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import { notFound } from "../items/item-reader.ts";
import { checkMove, type Move, moveItems, movesPerEntryMax } from "../items/move-items.ts";
import { command } from "./command.ts";

export const moveObjects = command({
  name: "move-objects",
  summary: "Moves an item, or everything below a folder.",
  request: Type.Object({
    source: Type.String(),
    target: Type.String(),
    "objects-type": Type.Optional(Type.Enum(["item", "auth_method", "role"])),
  }),
  async run({ writes, writeParts, freshness, replica, access }, { caller, request, deadline, audit }) {
    if ((request["objects-type"] || "item") !== "item") {
      throw new CallerError(
        "E_UNSUPPORTED",
        `objects-type ${request["objects-type"]} is not supported by this gateway`,
      );
    }
    const source = parseFolder(request.source);
    const target = parseFolder(request.target);
    if (source === "/")
      throw new CallerError("E_INPUT", "InvalidParam: source must be an item or a folder, not the root");
    await freshness.recent(deadline);
    checkMove(source.slice(0, -1), target === "/" ? "/" : target.slice(0, -1));
    // What he may not list must not be told by a refusal: he moves what he sees, and needs the rights on each.
    const isVisible = (path: ItemPath) => access.allows(caller, "list", path);
    const visible = movesOf(
      source,
      target,
      access.within(caller, replica.index.items(), ({ path }) => path),
      isVisible,
    );
    if (visible.length === 0) {
      const asked = source.slice(0, -1) as ItemPath;
      const decision = access.decide(caller, "list", asked);
      throw decision.allowed ? notFound(asked) : denied(caller, asked, decision);
    }
    let done = 0;
    let atOnce = movesPerEntryMax;
    while (done < visible.length) {
      const part = visible.slice(done, done + atOnce);
      try {
        await writes.run(
          () => moveItems(writeParts, caller, part),
          done === 0 ? deadline : Deadline.in(requestBudgetMs),
        );
      } catch (error) {
        if (!(error instanceof CallerError || error instanceof OperatorError)) throw error;
        if (error.code === "E_TOO_LARGE" && part.length > 1) {
          // Items of many versions fill an entry before their number does.
          atOnce = Math.ceil(part.length / 2);
          continue;
        }
        if (done === 0) throw error;
        throw new OperatorError(
          error.code,
          `moved ${done} of ${visible.length}; run it again to go on. ${error.message}`,
          { cause: error },
        );
      }
      done += part.length;
      await audit.wrote(
        part.map(({ from, to }) => ({
          path: from,
          to,
          grant: access.decide(caller, "delete", from).grant,
        })),
      );
    }
    return {};
  },
});

/** @throws {CallerError} `E_PATH` where an item's new path would be none; it names the item, so only visible ones are looked at. */
export function movesOf(
  source: string,
  target: string,
  items: Iterable<{ path: string }>,
  isVisible: (path: ItemPath) => boolean,
): Move[] {
  const item = source.slice(0, -1);
  const moves: Move[] = [];
  for (const { path } of items) {
    if (path !== item && !path.startsWith(source)) continue;
    if (!isVisible(path as ItemPath)) continue;
    if (path === item) {
      const to = target === "/" ? `/${path.slice(path.lastIndexOf("/") + 1)}` : target.slice(0, -1);
      moves.push({ from: path as ItemPath, to: parseItemPath(to) });
    } else {
      moves.push({ from: path as ItemPath, to: parseItemPath(target + path.slice(source.length)) });
    }
  }
  return moves.sort((a, b) => (a.from < b.from ? -1 : 1));
}
