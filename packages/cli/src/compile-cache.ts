import { mkdirSync, statSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * Keeps compiled code between runs, which halves the start (0.10 s to 0.05 s for `version`). Not in Node's
 * default place below the shared temporary folder: whoever can write the cache can run code as this user.
 * Where no folder can be made there is no cache, and nothing to say about it.
 */
export function useCompileCache(environment: NodeJS.ProcessEnv): void {
  const home = environment.HALFKEY_HOME || join(homedir(), ".halfkey");
  const cache = join(home, "cache");
  try {
    for (const folder of [home, cache]) makeFolder(folder);
    if (statSync(cache).uid === (process.getuid?.() ?? 0)) enableCompileCache(cache);
  } catch {
    // A read-only or missing home: every run compiles afresh.
  }
}

/** One level only, and an existing one is fine. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
