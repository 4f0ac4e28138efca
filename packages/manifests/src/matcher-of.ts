import { parseItemPath } from "@halfkey/model";
import { RE2JS } from "re2js";
import type { Access, Find } from "./reads-of.ts";

/** As far as a manifest can ask for it. */
export interface MatchedItem {
  /** Canonical, with its leading slash. */
  path: string;
  tags: readonly string[];
}

export type Matcher = (item: MatchedItem) => boolean;

/**
 * Tells which items a manifest reads, as ESO's `akeyless` provider goes about it. Expressions run in linear time,
 * since whoever may write a manifest writes them; one that does not compile matches everything, because a change
 * noticed in vain does no harm and one overlooked does.
 *
 * @see External Secrets Operator, pkg/provider/akeyless/akeyless.go, `GetAllSecrets`
 */
export function matcherOf({ target }: Pick<Access, "target">): Matcher {
  return "key" in target ? matcherOfKey(target.key) : matcherOfFind(target.find);
}

function matcherOfKey(key: string): Matcher {
  try {
    const wanted = parseItemPath(key);
    return ({ path }) => path === wanted;
  } catch {
    // The gateway refuses such a name, so no item has it.
    return () => false;
  }
}

function matcherOfFind({ path, name, tags }: Find): Matcher {
  const folder = path === undefined ? "" : absoluteFolder(path);
  // A name stands over tags, and neither of them is an error.
  if (name !== undefined) {
    const matches = matcherOfName(name);
    return (item) => item.path.startsWith(folder) && matches(item.path);
  }
  // The keys of tags are never sent: one list per value, put together.
  const wanted = new Set(Object.values(tags ?? {}));
  return (item) => item.path.startsWith(folder) && item.tags.some((tag) => wanted.has(tag));
}

function absoluteFolder(path: string): string {
  const absolute = path.startsWith("/") ? path : `/${path}`;
  return absolute.endsWith("/") ? absolute : `${absolute}/`;
}

function matcherOfName(expression: string): (path: string) => boolean {
  try {
    const compiled = RE2JS.compile(expression);
    return (path) => compiled.test(path);
  } catch {
    return () => true;
  }
}
