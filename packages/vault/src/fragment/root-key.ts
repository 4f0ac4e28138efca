import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import {
  CryptoError,
  openVaultFragment,
  parseKeyText,
  randomBytes,
  sealVaultFragment,
  sha256,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { readPrivateFile, writeFileDurably } from "@halfkey/runtime";
import type { VaultStore } from "../store/vault-store.ts";

export type RootKeySource = { file: string } | { command: string };

const commandMs = 30_000;
const checkAccount = sha256(Buffer.from("halfkey/v1/root-key-check\0", "latin1")).subarray(0, 16);

/**
 * The 32 bytes that seal what the database must not hold in clear. A key file is made at the first start, and
 * never again: a database whose check value another key has sealed is refused.
 *
 * @throws {OperatorError} E_CHECK, saying which file is missing or wrong and what to do.
 */
export async function openRootKey(source: RootKeySource, store: VaultStore): Promise<Buffer> {
  const check = await store.rootKeyCheck();
  if (check !== undefined && "file" in source) await takeNextKeyIfItFits(source.file, check);
  const key = await readRootKey(source, check === undefined);
  // The key is on disk before the check value is, so a crash in between leaves a key that fits an empty database.
  const kept = check ?? (await store.keepRootKeyCheck(sealRootKeyCheck(key)));
  try {
    openVaultFragment(key, checkAccount, 1, kept);
  } catch (cause) {
    throw new OperatorError(
      "E_CHECK",
      `${nameOf(source)} does not give the root key of this database: put the right one back; without it, restore the vault from a backup`,
      { cause },
    );
  }
  return key;
}

/**
 * Reads the root key and says whether it is the one of a database; writes nothing.
 *
 * @param check What the database keeps to know it again.
 * @throws {OperatorError} E_CHECK where there is no key to read.
 */
export async function isRootKeyOf(check: Buffer, source: RootKeySource): Promise<boolean> {
  const key = await readRootKey(source, false);
  try {
    openVaultFragment(key, checkAccount, 1, check).fill(0);
    return true;
  } catch {
    return false;
  } finally {
    key.fill(0);
  }
}

/** What a database keeps to know its root key again. */
export function sealRootKeyCheck(key: Uint8Array): Buffer {
  return sealVaultFragment(key, checkAccount, 1, randomBytes(32));
}

/** Where a new root key lies until the database is sealed with it. */
export function nextKeyFile(file: string): string {
  return `${file}.next`;
}

export async function takeNextKey(file: string): Promise<void> {
  await writeFileDurably(file, await readPrivateFile(nextKeyFile(file)), { mode: 0o600 });
  await rm(nextKeyFile(file), { force: true });
}

/** A rotation that was stopped after its transaction is finished; one that was stopped before it counts for nothing. */
async function takeNextKeyIfItFits(file: string, check: Uint8Array): Promise<void> {
  if (!existsSync(nextKeyFile(file))) return;
  try {
    openVaultFragment(parseKeyText(await readPrivateFile(nextKeyFile(file))), checkAccount, 1, check);
  } catch (error) {
    if (error instanceof CryptoError) return;
    throw error;
  }
  await takeNextKey(file);
}

/** @param mayMake Whether a file that is missing is made, with a random key. @throws {OperatorError} E_CHECK */
export async function readRootKey(source: RootKeySource, mayMake: boolean): Promise<Buffer> {
  if ("command" in source) return keyFromCommand(source.command);
  if (!existsSync(source.file)) {
    if (!mayMake) {
      throw new OperatorError(
        "E_CHECK",
        `the root key file ${source.file} is missing, and this database was sealed with it: put it back from its backup, or name its place with --root-key-file`,
      );
    }
    await writeFileDurably(source.file, randomBytes(32), { mode: 0o600 });
  }
  try {
    return parseKeyText(await readPrivateFile(source.file));
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(
      "E_CHECK",
      `the root key file ${source.file} must hold 32 bytes, or 64 hex digits`,
      { cause },
    );
  }
}

async function keyFromCommand(command: string): Promise<Buffer> {
  const output = await new Promise<string>((resolve, reject) => {
    const options = { timeout: commandMs, maxBuffer: 65_536, encoding: "latin1" as const };
    execFile("/bin/sh", ["-c", command], options, (error, stdout) => {
      // Its message holds the command, which may name a credential.
      if (error === null) resolve(stdout);
      else {
        const how =
          error.killed === true ? `gave nothing within ${commandMs / 1000} s` : `failed with ${error.code}`;
        reject(new OperatorError("E_CHECK", `the root key command ${how}: run it by hand to see why`));
      }
    });
  });
  try {
    return parseKeyText(Buffer.from(output.split(/\r?\n/, 1)[0] ?? "", "latin1"));
  } catch {
    throw new OperatorError("E_CHECK", "the root key command must print 64 hex digits in its first line");
  }
}

function nameOf(source: RootKeySource): string {
  return "file" in source ? `the file ${source.file}` : "the root key command";
}
