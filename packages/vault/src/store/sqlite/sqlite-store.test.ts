import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testVaultStore } from "../vault-store.contract.ts";
import { openSqliteStore } from "./sqlite-store.ts";

testVaultStore("SQLite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "halfkey-vault-"));
  const file = join(folder, "vault.sqlite");
  const store = openSqliteStore(file, { create: true });
  return {
    store,
    openAgain: async () => openSqliteStore(file, { create: false }),
    async close() {
      await store.close();
      rmSync(folder, { recursive: true });
    },
  };
});
