import { fromHex } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { layoutOf, loadVaultConfig } from "../settings.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import type { VaultStore } from "../store/vault-store.ts";

/** Runs one command on the database of the folder that the flags name, whether the server runs or not. */
export async function withStore<T>(
  flags: Record<string, unknown>,
  use: (store: VaultStore) => Promise<T>,
): Promise<T> {
  const { database } = layoutOf(loadVaultConfig(flags, process.env));
  const store = openSqliteStore(database, { create: false });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** @throws {OperatorError} E_INPUT */
export function parseId(name: string, text: unknown): Buffer {
  try {
    return fromHex(String(text), 16);
  } catch {
    throw new OperatorError(
      "E_INPUT",
      `${name} must be 32 lower-case hex digits: halfkey-vault instances lists them`,
    );
  }
}
