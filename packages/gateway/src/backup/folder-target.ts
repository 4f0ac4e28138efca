import { createReadStream } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseBundleName } from "@halfkey/crypto/recovery";
import { makePrivateFolder } from "@halfkey/runtime";
import type { BackupTarget, StoredBundle } from "./targets.ts";

/** Unfinished bundles of a crashed run are removed after this long. */
const leftOverMs = 24 * 60 * 60 * 1000;

/** Bundles in a folder of this machine, or of what is mounted there. */
export class FolderTarget implements BackupTarget {
  readonly name: string;

  constructor(folder: string) {
    this.name = folder;
  }

  async store(name: string, write: (file: string) => Promise<void>): Promise<void> {
    makePrivateFolder(this.name);
    await this.#removeLeftOvers();
    const temporary = join(this.name, `.${name}.${process.pid}.tmp`);
    try {
      await rm(temporary, { force: true });
      await write(temporary);
      await rename(temporary, join(this.name, name));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    const folder = await open(this.name, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async list(): Promise<StoredBundle[]> {
    const names = await readdir(this.name).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const bundles = names.filter((name) => parseBundleName(name) !== undefined);
    return Promise.all(
      bundles.map(async (name) => {
        const { size, mtimeMs } = await stat(join(this.name, name));
        return { name, bytes: size, time: mtimeMs };
      }),
    );
  }

  read(name: string): AsyncIterable<Uint8Array> {
    return createReadStream(join(this.name, name), { highWaterMark: 256 * 1024 });
  }

  remove(name: string): Promise<void> {
    return rm(join(this.name, name), { force: true });
  }

  async #removeLeftOvers(): Promise<void> {
    for (const name of await readdir(this.name)) {
      if (!/^\.halfkey-cf-.*\.age\.\d+\.tmp$/.test(name)) continue;
      const file = join(this.name, name);
      const { mtimeMs } = await stat(file);
      if (Date.now() - mtimeMs > leftOverMs) await rm(file, { force: true });
    }
  }
}
