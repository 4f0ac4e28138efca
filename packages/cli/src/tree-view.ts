import type { ItemView } from "./item-view.ts";
import { printable } from "./printable.ts";

/** A folder, an item, or a path that is both. The JSON shape is stable: fields are added, never renamed. */
export interface TreeNode {
  /** The last part of the path; of the topmost node the whole path. */
  name: string;
  /** The item's current version; absent for what is a folder only. */
  version?: number;
  children: TreeNode[];
}

/** Puts items below the folder that was asked for; names in order. */
export function growTree(folder: string, items: readonly ItemView[]): TreeNode {
  const plain = folder.normalize("NFC").replace(/^\/+|\/+$/g, "");
  const top = plain === "" ? "" : `/${plain}`;
  const root: TreeNode = { name: top || "/", children: [] };
  const nodes = new Map([[top, root]]);
  const nodeAt = (path: string): TreeNode => {
    const known = nodes.get(path);
    if (known) return known;
    const slash = path.lastIndexOf("/");
    const node: TreeNode = { name: path.slice(slash + 1), children: [] };
    nodes.set(path, node);
    nodeAt(path.slice(0, Math.max(0, slash))).children.push(node);
    return node;
  };
  const below = items.filter(({ path }) => path.startsWith(`${top}/`));
  for (const { path, version } of below.toSorted((a, b) => (a.path < b.path ? -1 : 1)))
    nodeAt(path).version = version;
  return root;
}

/** Lines for people. @param depth levels below the top that are drawn; what lies deeper is counted. */
export function drawTree(root: TreeNode, depth: number): string {
  const lines = [printable(root.name), ...linesBelow(root, "", depth)];
  const { folders, items } = countBelow(root);
  lines.push("", `${counted(folders, "folder")}, ${counted(items, "item")}`);
  return `${lines.join("\n")}\n`;
}

function linesBelow(node: TreeNode, indent: string, depth: number): string[] {
  return node.children.flatMap((child, at) => {
    const isLast = at === node.children.length - 1;
    const line = `${indent}${isLast ? "└── " : "├── "}${labelOf(child, depth)}`;
    return depth <= 1 ? [line] : [line, ...linesBelow(child, indent + (isLast ? "    " : "│   "), depth - 1)];
  });
}

function labelOf(node: TreeNode, depth: number): string {
  const name = printable(node.name) + (node.children.length > 0 ? "/" : "");
  const version = node.version === undefined ? "" : `  v${node.version}`;
  const hidden =
    depth <= 1 && node.children.length > 0 ? `  (${counted(countBelow(node).items, "item")})` : "";
  return name + version + hidden;
}

function countBelow(node: TreeNode): { folders: number; items: number } {
  let [folders, items] = [0, 0];
  for (const child of node.children) {
    const inner = countBelow(child);
    folders += inner.folders + (child.children.length > 0 ? 1 : 0);
    items += inner.items + (child.version === undefined ? 0 : 1);
  }
  return { folders, items };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
