import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { type Caller, CallerError, type ItemPath, type ItemRecord, OperatorError } from "@halfkey/model";
import { type AccessDecisions, denied } from "../access/access-decisions.ts";
import type { Deadline } from "../deadline.ts";
import type { Services } from "../services.ts";
import { policyUnknown } from "./item-reader.ts";

export const listedItemsMax = 50_000;

export interface ItemFilter {
  /** Folder with its trailing slash; `/` for everything. */
  folder: string;
  /** Part of the path, any place; `""` for all. */
  contains: string;
  tag: string;
  /** Only what lies directly in the folder. */
  directOnly: boolean;
  /** Only what the caller may read too. */
  readable?: boolean;
}

/** One item's metadata, for who may list it. @throws {CallerError} `E_DENIED`, `E_NOT_FOUND` */
export async function findItem(
  services: Services,
  caller: Caller,
  path: ItemPath,
  deadline: Deadline,
): Promise<ItemRecord> {
  const { freshness } = services;
  await freshness.settled(deadline);
  const found = evaluate(services, caller, path);
  if (!(found instanceof Error)) return found;
  await freshness.beforeNegative(deadline);
  const again = evaluate(services, caller, path);
  if (again instanceof Error) throw again;
  return again;
}

function evaluate(
  { access, replica, keyring }: Services,
  caller: Caller,
  path: ItemPath,
): ItemRecord | Error {
  if (replica.isPolicyUnknown) return policyUnknown();
  const decision = access.decide(caller, "list", path);
  if (!decision.allowed) return denied(caller, path, decision);
  const poisoned = replica.poisonedCode(toBase64Url(keyring.recordId(recordKinds.item, path)));
  if (poisoned !== undefined)
    return new OperatorError(
      poisoned === "fetching" ? "E_STATE" : poisoned,
      "the item's current record is not known",
    );
  return (
    replica.index.item(path) ??
    new CallerError(
      "E_NOT_FOUND",
      `Status 404 Not Found, Error: NotFound. Message: failed to obtain item ${path}`,
    )
  );
}

/** Part of a list: the first items behind a path, in order. */
export interface Page {
  /** `""` for the first page. */
  after: string;
  size: number;
}

/**
 * The items a caller may list, sorted by path, and the folders directly below the asked one.
 *
 * @param page Only this part of the items, however many there are; `more` tells whether it is the last.
 * @throws {CallerError} `E_INPUT` above {@link listedItemsMax} without a page: a short list would look complete.
 */
export function listItems(
  parts: { access: Pick<AccessDecisions, "allows">; items: Iterable<ItemRecord> },
  caller: Caller,
  filter: ItemFilter,
  page?: Page,
): { items: ItemRecord[]; folders: string[]; more: boolean } {
  const found = new FirstItems(page);
  const folders = new Set<string>();
  for (const item of parts.items) {
    if (!item.path.startsWith(filter.folder)) continue;
    if (filter.contains !== "" && !item.path.includes(filter.contains)) continue;
    if (filter.tag !== "" && !item.tags.includes(filter.tag)) continue;
    if (!parts.access.allows(caller, filter.readable ? "read" : "list", item.path as ItemPath)) continue;
    const slash = item.path.indexOf("/", filter.folder.length);
    if (slash !== -1) folders.add(item.path.slice(0, slash + 1));
    if (filter.directOnly && slash !== -1) continue;
    found.add(item);
    if (page === undefined && found.count > listedItemsMax) {
      throw new CallerError("E_INPUT", `more than ${listedItemsMax} items match: narrow path or filter`);
    }
  }
  return { ...found.sorted(), folders: [...folders].sort() };
}

/** Keeps of all items those of one page, without sorting all of them. */
class FirstItems {
  readonly #after: string;
  readonly #size: number;
  #items: ItemRecord[] = [];
  #more = false;
  /** No item behind it is among the first. */
  #last: string | undefined;

  constructor(page: Page | undefined) {
    this.#after = page?.after ?? "";
    this.#size = page?.size ?? Number.POSITIVE_INFINITY;
  }

  get count(): number {
    return this.#items.length;
  }

  add(item: ItemRecord): void {
    if (item.path <= this.#after) return;
    if (this.#last !== undefined && item.path > this.#last) {
      this.#more = true;
      return;
    }
    this.#items.push(item);
    if (this.#items.length >= 4 * this.#size) this.#cut();
  }

  sorted(): { items: ItemRecord[]; more: boolean } {
    this.#cut();
    return { items: this.#items, more: this.#more };
  }

  #cut(): void {
    this.#items.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
    if (this.#items.length <= this.#size) return;
    this.#items.length = this.#size;
    this.#more = true;
    this.#last = this.#items.at(-1)?.path;
  }
}
