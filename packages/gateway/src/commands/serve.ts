import { join } from "node:path";
import { adviceOf, OperatorError } from "@halfkey/model";
import {
  diskError,
  ensureServerTls,
  type Log,
  listen,
  lockFolder,
  makePrivateFolder,
  onShutdown,
  shutdown,
} from "@halfkey/runtime";
import { checkBlocks } from "../auth/bound-addresses.ts";
import type { BackupPlan } from "../backup/backup-schedule.ts";
import { fragmentFileIn } from "../fragment/fragment-file.ts";
import { FragmentStore } from "../fragment/fragment-store.ts";
import { type UnsealOptions, unsealKeyFrom } from "../fragment/unseal.ts";
import { Gateway } from "../gateway.ts";
import type { NudgeOptions } from "../nudge/nudge-options.ts";
import { createGatewayServer } from "../server.ts";
import { readVaultCa } from "./init.ts";

export interface ServeOptions extends UnsealOptions {
  data: string;
  /** Where the vault is now; absent: where it was at init. */
  vault?: string | undefined;
  host: string;
  port: number;
  /** Further host names for the certificate. */
  hosts: string[];
  tls: boolean;
  /** Proxies whose X-Forwarded-For is believed. */
  trustedProxies: string[];
  /** Where audit entries are sent on to. */
  auditForward: string[];
  auditSync: boolean;
  /** Absent: the gateway makes no backups by itself. */
  backups?: BackupPlan | undefined;
  /** Absent: External Secrets is told nothing. */
  nudge: NudgeOptions | undefined;
  withParent: boolean;
  log: Log;
}

const loopback = ["127.0.0.1", "::1", "localhost"];

/** Serves until it is told to stop. Listens before it is ready, so that `/ready` can say what is missing. */
export async function serve(options: ServeOptions): Promise<void> {
  const { data, host, log } = options;
  if (!options.tls && !loopback.includes(host)) {
    throw new OperatorError("E_INPUT", `--no-tls is for loopback only, not for --host ${host}`);
  }
  checkBlocks("trusted-proxies", options.trustedProxies);
  makePrivateFolder(data);
  const lock = lockFolder(data);
  onShutdown(() => lock.release(), { withParent: options.withParent });
  const fragment = await FragmentStore.open(fragmentFileIn(data), unsealKeyFrom(options));
  const gateway = await Gateway.open({
    folder: data,
    fragment,
    vault: options.vault,
    ca: await readVaultCa(data),
    log,
    auditForward: options.auditForward,
    auditSync: options.auditSync,
    backups: options.backups,
    nudge: options.nudge,
    onClone: () =>
      log.error({ code: "E_CLONE" }, "stopped serving: a younger process runs with this identity"),
  });
  onShutdown(() => gateway.stop());
  const tls = options.tls ? await ensureServerTls(join(data, "tls"), options.hosts) : undefined;
  const server = createGatewayServer(gateway, log, { tls, trustedProxies: options.trustedProxies });
  const { port } = await listen(server, { host, port: options.port });
  onShutdown(() => server.close());
  log.info({ host, port }, "listening");
  try {
    await gateway.start();
  } catch (cause) {
    const error = diskError(cause);
    process.stderr.write(`halfkey-gateway: ${(error as Error).message}\n`);
    if (error instanceof OperatorError) process.stderr.write(adviceOf(error));
    await shutdown(1);
  }
  const shownHost = host.includes(":") ? `[${host}]` : host;
  if (gateway.status.ready)
    process.stdout.write(`ready ${options.tls ? "https" : "http"}://${shownHost}:${port}\n`);
}
