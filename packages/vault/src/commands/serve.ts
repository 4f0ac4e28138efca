import {
  createLog,
  ensureServerTls,
  listen,
  lockFolder,
  makePrivateFolder,
  onShutdown,
} from "@halfkey/runtime";
import { FragmentKeeper } from "../fragment/fragment-keeper.ts";
import { openRootKey } from "../fragment/root-key.ts";
import { layoutOf, loadVaultConfig } from "../settings.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import { VaultKeys } from "../vault-keys.ts";
import { createVaultServer } from "../vault-server.ts";

/** Wires the parts, listens, and prints `ready <url>` as the only line on stdout. */
export async function serve(flags: Record<string, unknown>): Promise<void> {
  const config = loadVaultConfig(flags, process.env);
  const { data, database, rootKey: rootKeyFile, tls: tlsFolder } = layoutOf(config);
  const log = createLog({ name: "vault", level: config["log-level"] });

  makePrivateFolder(data);
  const lock = lockFolder(data);
  // Steps run newest first: requests, then what they need, then the lock.
  onShutdown(() => lock.release(), { withParent: config["with-parent"] });
  const store = openSqliteStore(database, { create: true });
  onShutdown(() => store.close());
  const command = config["root-key-command"];
  const rootKey = await openRootKey(command === undefined ? { file: rootKeyFile } : { command }, store);
  const tls = config.tls ? await ensureServerTls(tlsFolder, config.hosts) : undefined;

  const keys = new VaultKeys(rootKey);
  const keeper = new FragmentKeeper(store, rootKey);
  const parts = { store, keys, keeper, log, now: Date.now, ...(tls === undefined ? {} : { tls }) };
  const { server, stop } = createVaultServer(parts);
  onShutdown(async () => {
    log.info({}, "stopping");
    await stop();
    keys.forget();
    keeper.forget();
  });
  const { port } = await listen(server, { host: config.host, port: config.port });
  const url = `${tls === undefined ? "http" : "https"}://${urlHost(config.host)}:${port}`;
  log.info({ url, data, ...(tls === undefined ? {} : { ca: tls.caFile }) }, "the vault listens");
  process.stdout.write(`ready ${url}\n`);
}

function urlHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}
