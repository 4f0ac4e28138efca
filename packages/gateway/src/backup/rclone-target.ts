import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { FileHash, parseBundleName } from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import { makePrivateFolder } from "@halfkey/runtime";
import type { BackupTarget, StoredBundle } from "./targets.ts";

const listMs = 2 * 60_000;
const sendMs = 6 * 60 * 60_000;

/** Bundles at any place that `rclone` reaches, by its own configuration. What was sent is read back and compared. */
export class RcloneTarget implements BackupTarget {
  readonly name: string;
  readonly #remote: string;
  readonly #outbox: string;

  constructor(remote: string, outbox: string) {
    this.name = `rclone:${remote}`;
    this.#remote = remote;
    this.#outbox = outbox;
  }

  async store(name: string, write: (file: string) => Promise<void>, sha256: () => string): Promise<void> {
    makePrivateFolder(this.#outbox);
    const file = join(this.#outbox, `${name}.${process.pid}.tmp`);
    try {
      await rm(file, { force: true });
      await write(file);
      await rclone(["copyto", "--", file, this.#at(name)], sendMs);
    } finally {
      await rm(file, { force: true });
    }
    const hash = new FileHash();
    for await (const chunk of this.read(name)) hash.update(chunk);
    if (hash.digest() !== sha256())
      throw new OperatorError(
        "E_BACKUP",
        `what rclone reads back from ${this.#at(name)} is not what was sent`,
      );
  }

  async list(): Promise<StoredBundle[]> {
    const out = await rclone(
      ["lsf", "--files-only", "--format", "pst", "--separator", "\t", "--", this.#remote],
      listMs,
    );
    return out.split("\n").flatMap((line) => {
      const [name = "", bytes = "", time = ""] = line.split("\t");
      // rclone tells local time, without a zone.
      return parseBundleName(name) ? [{ name, bytes: Number(bytes), time: new Date(time).getTime() }] : [];
    });
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const child = spawn("rclone", ["cat", "--", this.#at(name)], { stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "close");
    ended.catch(() => {});
    try {
      for await (const chunk of child.stdout) yield chunk;
      const [code] = await ended;
      if (code !== 0) throw new OperatorError("E_BACKUP", `rclone cat ended with exit code ${code}`);
    } finally {
      child.kill();
    }
  }

  async remove(name: string): Promise<void> {
    await rclone(["deletefile", "--", this.#at(name)], listMs);
  }

  #at(name: string): string {
    return `${this.#remote}${/[:/]$/.test(this.#remote) ? "" : "/"}${name}`;
  }
}

async function rclone(args: string[], timeout: number): Promise<string> {
  try {
    return (await promisify(execFile)("rclone", args, { timeout, maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (cause) {
    const {
      code,
      killed,
      stderr = "",
    } = cause as { code?: number | string; killed?: boolean; stderr?: string };
    const why = code === "ENOENT" ? "is not installed" : killed ? "took too long" : `failed (${code})`;
    const words = stderr.trim().split("\n").at(-1) ?? "";
    throw new OperatorError("E_BACKUP", `rclone ${args[0]} ${why}${words === "" ? "" : `: ${words}`}`);
  }
}
