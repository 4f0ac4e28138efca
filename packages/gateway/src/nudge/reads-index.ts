import { type Access, type MatchedItem, type Matcher, matcherOf } from "@halfkey/manifests";
import { parseItemPath } from "@halfkey/model";

interface Reads {
  paths: string[];
  finds: Matcher[];
}

/** Who reads an item: exact names by a map, whatever searches by asking each search. */
export class ReadsIndex {
  readonly #reads = new Map<string, Reads>();
  readonly #byPath = new Map<string, Set<string>>();
  readonly #searching = new Set<string>();

  /** Says what a reader reads; what was said of it before no longer counts. */
  put(reader: string, accesses: readonly Access[]): void {
    this.remove(reader);
    const paths = accesses.flatMap(({ target }) => ("key" in target ? canonical(target.key) : []));
    const finds = accesses.filter(({ target }) => "find" in target).map(matcherOf);
    if (paths.length === 0 && finds.length === 0) return;
    this.#reads.set(reader, { paths, finds });
    if (finds.length > 0) this.#searching.add(reader);
    for (const path of paths) {
      const readers = this.#byPath.get(path);
      if (readers === undefined) this.#byPath.set(path, new Set([reader]));
      else readers.add(reader);
    }
  }

  remove(reader: string): void {
    for (const path of this.#reads.get(reader)?.paths ?? []) {
      const readers = this.#byPath.get(path);
      readers?.delete(reader);
      if (readers?.size === 0) this.#byPath.delete(path);
    }
    this.#reads.delete(reader);
    this.#searching.delete(reader);
  }

  readersOf(item: MatchedItem): Set<string> {
    const readers = new Set(this.#byPath.get(item.path));
    for (const reader of this.#searching)
      if (!readers.has(reader) && this.#reads.get(reader)?.finds.some((matches) => matches(item)))
        readers.add(reader);
    return readers;
  }
}

/** A name that the gateway refuses is no item's. */
function canonical(key: string): string[] {
  try {
    return [parseItemPath(key)];
  } catch {
    return [];
  }
}
