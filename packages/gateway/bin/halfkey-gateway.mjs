#!/usr/bin/env node
// Plain JavaScript, so that an older Node reads it and can say what is missing.
import { mkdirSync, statSync } from "node:fs";
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

if (Number(process.versions.node.split(".")[0]) < 26) {
  console.error(
    `halfkey-gateway: needs Node 26, and this is ${process.versions.node}: run it as \`npx halfkey-gateway\` in the Halfkey folder, which brings its own Node.`,
  );
  process.exit(1);
}

/**
 * Keeps compiled code between runs, which shortens the start. Not in Node's default place below the shared temporary
 * folder: whoever can write the cache can run code as this user. Where no folder can be made there is no cache.
 */
try {
  const home = process.env.HALFKEY_HOME || join(homedir(), ".halfkey");
  const cache = join(home, "cache");
  for (const folder of [home, cache]) {
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
  }
  if (statSync(cache).uid === (process.getuid?.() ?? 0)) nodeModule.enableCompileCache(cache);
} catch {
  // A read-only or missing home: every run compiles afresh.
}

await import("../src/main.ts");
