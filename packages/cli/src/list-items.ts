import type { Context } from "./command.ts";
import { type ItemView, itemView } from "./item-view.ts";

export interface ListFilter {
  folder: string;
  /** A part of the path. */
  filter?: string | undefined;
  tag?: string | undefined;
}

/** All items below a folder that the caller may list, over all pages. @throws as {@link Gateway.call} */
export async function listItems(context: Context, { folder, filter, tag }: ListFilter): Promise<ItemView[]> {
  const gateway = await context.gateway();
  const items: ItemView[] = [];
  let page = "";
  do {
    const fields = {
      path: folder,
      ...(filter ? { filter } : {}),
      ...(tag ? { tag } : {}),
      "pagination-token": page,
    };
    const answer = await gateway.call("list-items", fields, { path: folder });
    for (const item of Array.isArray(answer.items) ? answer.items : []) items.push(itemView(item));
    page = typeof answer.next_page === "string" ? answer.next_page : "";
  } while (page !== "");
  return items;
}
