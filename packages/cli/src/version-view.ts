/** A version as the command line shows it. The JSON shape is stable: fields are added, never renamed. */
export interface VersionView {
  version: number;
  /** RFC 3339, UTC. */
  created: string | null;
  /** The access id that wrote it. */
  by: string | null;
}

/** The versions in an answer of `describe-item`, the newest first. */
export function versionsOf(item: Record<string, unknown>): VersionView[] {
  const versions = Array.isArray(item.item_versions) ? item.item_versions : [];
  const views = versions.map(({ version, creation_date, access_id }) => ({
    version: Number(version),
    created: typeof creation_date === "string" ? creation_date : null,
    by: typeof access_id === "string" ? access_id : null,
  }));
  return views.sort((a, b) => b.version - a.version);
}
