/** An item as the command line shows it. The JSON shape is stable: fields are added, never renamed. */
export interface ItemView {
  path: string;
  /** Akeyless's word, such as STATIC_SECRET. */
  type: string;
  /** The current version. */
  version: number;
  /** RFC 3339, UTC. */
  created: string | null;
  modified: string | null;
  tags: string[];
  description: string;
  enabled: boolean;
  deleteProtection: boolean;
}

export function itemView(item: Record<string, unknown>): ItemView {
  return {
    path: text(item.item_name) ?? "",
    type: text(item.item_type) ?? "",
    version: Number(item.last_version ?? 0),
    created: text(item.creation_date),
    modified: text(item.modification_date),
    tags: Array.isArray(item.item_tags) ? item.item_tags.map(String) : [],
    description: text(item.item_metadata) ?? "",
    enabled: item.is_enabled !== false,
    deleteProtection: item.delete_protection === true,
  };
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
