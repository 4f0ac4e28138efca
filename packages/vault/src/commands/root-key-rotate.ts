import { lockFolder } from "@halfkey/runtime";
import {
  nextKeyFile,
  openRootKey,
  type RootKeySource,
  readRootKey,
  takeNextKey,
} from "../fragment/root-key.ts";
import { rotateRootKey } from "../fragment/rotate-root-key.ts";
import { layoutOf, loadVaultConfig } from "../settings.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";

/**
 * `root-key rotate [--new-root-key-file FILE | --new-root-key-command COMMAND]`. Without either the key file is
 * replaced in its place.
 */
export async function rootKeyRotate(flags: Record<string, unknown>): Promise<void> {
  const { newRootKeyFile, newRootKeyCommand, ...rest } = flags;
  const config = loadVaultConfig(rest, process.env);
  const { data, database, rootKey: file } = layoutOf(config);
  const command = config["root-key-command"];
  const lock = lockFolder(data);
  try {
    const store = openSqliteStore(database, { create: false });
    try {
      const from: RootKeySource = command === undefined ? { file } : { command };
      const oldKey = await openRootKey(from, store);
      const inPlace =
        newRootKeyFile === undefined && newRootKeyCommand === undefined && command === undefined;
      const to = inPlace ? { file: nextKeyFile(file) } : sourceOf(newRootKeyFile, newRootKeyCommand, file);
      const newKey = await readRootKey(to, true);
      const counts = await rotateRootKey(store, oldKey, newKey);
      // Stopped right here, the next start finds the new key beside the old one, and takes it.
      if (inPlace) await takeNextKey(file);
      const shown = { ...counts, key: inPlace ? file : "file" in to ? to.file : "command" };
      if (flags.json === true) process.stdout.write(`${JSON.stringify(shown)}\n`);
      else {
        const where = inPlace ? `in ${file}` : "that you named: start the vault with it";
        process.stdout.write(
          `${counts.fragments} fragments and ${counts.instances} vault keys are sealed under the new root key, ${where}\n`,
        );
      }
      oldKey.fill(0);
      newKey.fill(0);
    } finally {
      await store.close();
    }
  } finally {
    lock.release();
  }
}

function sourceOf(file: unknown, command: unknown, present: string): RootKeySource {
  if (command !== undefined) return { command: String(command) };
  return { file: file === undefined ? present : String(file) };
}
