import { ServerRefusal } from "./cli-error.ts";
import { closest } from "./closest.ts";
import type { Gateway } from "./gateway.ts";

/** A suggestion is a courtesy: it must not hold up the error that it belongs to. */
const patienceMilliseconds = 1000;
const foldersClimbedMax = 3;

/** What lies directly in a folder: whole paths, those of folders without their last slash. */
export interface FolderContent {
  items: string[];
  folders: string[];
}

/** Adds "did you mean" to a missing path, from what the caller may list; any other refusal stays as it is. */
export async function withSuggestion(refusal: ServerRefusal, gateway: Gateway): Promise<ServerRefusal> {
  const { path, status, code } = refusal;
  if (path === undefined || status !== 404 || code !== "E_NOT_FOUND") return refusal;
  const meant = await Promise.race([
    nearest(path, (folder) => contentOf(gateway, folder)).catch(() => undefined),
    new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patienceMilliseconds).unref()),
  ]);
  if (meant === undefined) return refusal;
  return new ServerRefusal(refusal.message, {
    where: refusal.where ?? path,
    next: meant.isFolder
      ? `${meant.path} is a folder: \`halfkey list ${meant.path}\` shows its items`
      : `did you mean ${meant.path}?`,
    status,
    code,
    path,
  });
}

/** @returns what is in a folder, as far as the caller may list it. @throws as {@link Gateway.call} */
export async function contentOf(gateway: Gateway, folder: string): Promise<FolderContent> {
  const answer = await gateway.call("list-items", {
    path: folder,
    "current-folder": true,
    "minimal-view": true,
  });
  const items = Array.isArray(answer.items) ? answer.items : [];
  const folders = Array.isArray(answer.folders) ? answer.folders : [];
  return {
    items: items.map((item) => String((item as Record<string, unknown>).item_name)),
    folders: folders.map((one) => String(one).replace(/\/$/, "")),
  };
}

interface Meant {
  path: string;
  isFolder: boolean;
}

/** Climbs to a folder that has anything, and from there takes the nearest name at every step down again. */
async function nearest(
  path: string,
  look: (folder: string) => Promise<FolderContent>,
): Promise<Meant | undefined> {
  const segments = path.split("/").filter((part) => part !== "");
  for (
    let depth = segments.length - 1;
    depth >= Math.max(0, segments.length - foldersClimbedMax);
    depth -= 1
  ) {
    let folder = `/${segments.slice(0, depth).join("/")}`;
    let content = await look(folder);
    if (content.items.length + content.folders.length === 0) continue;
    for (let at = depth; at < segments.length; at += 1) {
      const isLast = at === segments.length - 1;
      const start = folder === "/" ? "/" : `${folder}/`;
      const names = [...(isLast ? content.items : []), ...content.folders].map((one) =>
        one.slice(start.length),
      );
      const name = closest(segments[at] ?? "", names);
      if (name === undefined) return undefined;
      folder = start + name;
      if (isLast) return { path: folder, isFolder: !content.items.includes(folder) };
      content = await look(folder);
    }
  }
  return undefined;
}
