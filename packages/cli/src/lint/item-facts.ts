import { readsOf } from "@halfkey/manifests";
import { type ItemFacts, readManifests, type Source } from "@halfkey/manifests/lint";
import { parseItemPath } from "@halfkey/model";
import { ServerRefusal } from "../cli-error.ts";
import type { Context } from "../command.ts";
import { listItems } from "../list-items.ts";

/**
 * What the gateway knows of the items that manifests are about, for the rules that have to see them. Values stay in
 * this process, and nothing of them is printed.
 *
 * @throws {CliError} if the gateway cannot be reached; what it refuses is not known, and no failure
 */
export async function itemFacts(context: Context, sources: readonly Source[]): Promise<ItemFacts> {
  const gateway = await context.gateway();
  const all = (await listItems(context, { folder: "/" })).map(({ path, tags }) => ({ path, tags }));
  const values = new Map<string, string>();
  for (const path of pathsIn(sources)) {
    try {
      const answer = await gateway.call("get-secret-value", { names: [path] }, { path });
      if (typeof answer[path] === "string") values.set(path, answer[path]);
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
    }
  }
  return { all, valueOf: (path) => values.get(path) };
}

function pathsIn(sources: readonly Source[]): Set<string> {
  const manifests = sources.flatMap((source) => readManifests(source).manifests);
  const keys = manifests.flatMap(({ root }) =>
    readsOf(root).flatMap(({ target }) => ("key" in target ? [target.key] : [])),
  );
  return new Set(
    keys.flatMap((key) => {
      try {
        return [parseItemPath(key)];
      } catch {
        return [];
      }
    }),
  );
}
