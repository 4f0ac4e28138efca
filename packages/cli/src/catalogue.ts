import type { Command } from "./command.ts";

/**
 * Every command by its name. Only the one that runs is loaded, because each file costs start-up time; help,
 * documentation and completion load them all.
 */
export const catalogue: Record<string, () => Promise<Command>> = {
  configure: async () => (await import("./commands/configure.ts")).configure,
  put: async () => (await import("./commands/put.ts")).put,
  get: async () => (await import("./commands/get.ts")).get,
  list: async () => (await import("./commands/list.ts")).list,
  describe: async () => (await import("./commands/describe.ts")).describe,
  delete: async () => (await import("./commands/delete.ts")).deleteItem,
  version: async () => (await import("./commands/version.ts")).version,
};

export function loadAll(): Promise<Command[]> {
  return Promise.all(Object.values(catalogue).map((load) => load()));
}
