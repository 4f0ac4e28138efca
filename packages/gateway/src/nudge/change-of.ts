import type { MatchedItem } from "@halfkey/manifests";
import type { ItemRecord, RecordContent } from "@halfkey/model";

/** What a record's change means for those who read: these items, or what somebody may read at all. */
export type Change = { items: MatchedItem[] } | "policy";

/**
 * Compares a record before and after; undefined stands for absent. A record that was only sealed anew, or in which
 * nothing changed that a reader sees, changes nothing.
 */
export function changeOf(
  before: RecordContent | undefined,
  after: RecordContent | undefined,
): Change | undefined {
  const { t } = after ?? before ?? {};
  switch (t) {
    case "item":
      return changeOfItem(before as ItemRecord | undefined, after as ItemRecord | undefined);
    case "role":
    case "method":
    case "k8s-config":
      return textOf(before) === textOf(after) ? undefined : "policy";
    default:
      return undefined;
  }
}

function changeOfItem(before: ItemRecord | undefined, after: ItemRecord | undefined): Change | undefined {
  if (readable(before) === readable(after)) return undefined;
  // Both: what a tag or a folder no longer finds is as much a change as what it finds now.
  const items = [before, after].filter((item) => item !== undefined);
  return { items: items.map(({ path, tags }) => ({ path, tags })) };
}

function readable(item: ItemRecord | undefined): string | undefined {
  if (item === undefined) return undefined;
  const versions = item.versions.map(({ v, blob }) => [v, blob]);
  return JSON.stringify([item.itemId, item.path, item.disabled ?? false, item.tags, versions]);
}

function textOf(content: RecordContent | undefined): string | undefined {
  return content === undefined ? undefined : JSON.stringify({ ...content, n: 0, modified: 0 });
}
