import { appendFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { ForwardTarget } from "./forward-target.ts";

/** A file of JSON lines, mode 0600. It is opened for every batch, so that it may be moved away at any time. */
export function fileTarget(url: URL): ForwardTarget {
  const file = fileURLToPath(url);
  return {
    send: (entries) =>
      appendFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""), { mode: 0o600 }),
    close() {},
  };
}
