import type { ServerRefusal } from "./cli-error.ts";

/** What each command of the gateway needs at the path it is about (docs/akeyless-api.md). */
const needs: Readonly<Record<string, readonly string[]>> = {
  "create-secret": ["create"],
  "delete-item": ["delete"],
  "derived-key": ["read"],
  "describe-item": ["list"],
  envelope: ["read"],
  "get-secret-value": ["read"],
  "get-tags": ["list"],
  "move-objects": ["delete", "read"],
  "rollback-secret": ["update"],
  "set-item-state": ["update"],
  undelete: ["create"],
  "update-item": ["update"],
  "update-secret-val": ["update"],
};

/**
 * The rule that a refused call lacked, in the form of a policy file (`halfkey policy apply`), with a role's name to
 * be filled in.
 *
 * @returns nothing where the refusal was no denial at a path.
 */
export function neededPolicy({
  code,
  path,
  where,
}: Pick<ServerRefusal, "code" | "path" | "where">): string | undefined {
  const command = /^POST \S*\/([a-z-]+)(?:,|$)/.exec(where ?? "")?.[1] ?? "";
  const capabilities = Object.hasOwn(needs, command) ? needs[command] : undefined;
  if (code !== "E_DENIED" || path === undefined || capabilities === undefined) return undefined;
  const canonical = path.startsWith("/") ? path : `/${path}`;
  return [
    "roles:",
    "  NAME-OF-A-ROLE:",
    "    rules:",
    `      - path: ${JSON.stringify(canonical)}`,
    `        capabilities: [${capabilities.join(", ")}]`,
    "",
  ].join("\n");
}
