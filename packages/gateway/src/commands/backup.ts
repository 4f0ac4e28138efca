import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { OperatorError } from "@halfkey/model";
import type { Config, Setting } from "@halfkey/runtime";
import type { Command } from "commander";
import { readBackupRecord } from "../backup/backup-record.ts";
import { checkedRecipients } from "../backup/backup-settings.ts";
import type { BundleCounts } from "../backup/bundle-lines.ts";
import { drill } from "../backup/drill.ts";
import { findBundle } from "../backup/find-bundle.ts";
import { makeBackup } from "../backup/make-backup.ts";
import { openBundle } from "../backup/open-bundle.ts";
import { backupSourceOf } from "../backup/opened-account.ts";
import { parseRetention } from "../backup/retention.ts";
import { backupTarget } from "../backup/targets.ts";
import { configOf, unsealOptions, unsealSettings, withSettings } from "../command-settings.ts";
import { fragmentFileIn, openFragmentFile } from "../fragment/fragment-file.ts";
import { unsealKeyFrom } from "../fragment/unseal.ts";
import { withVault } from "../fragment/vault-address.ts";
import { type Recovery, readRecovery } from "../recovery/recovery-input.ts";
import { readVaultCa } from "./init.ts";
import { typedShares } from "./shares.ts";

const data = {
  type: "string",
  default: "./.halfkey/gateway",
  doc: "Folder of the gateway's files.",
} as const satisfies Setting;

/** What opens a backup. */
export const recoverySettings = {
  "share-files": {
    type: "list",
    default: [],
    doc: "Share sheets as text files, mode 0600; neither these nor an identity: the shares are typed in.",
  },
  "identity-file": {
    type: "string",
    doc: "File with the age identity itself, mode 0600, in place of shares.",
  },
  account: { type: "string", doc: "Account as the sheets say, where only the shares were typed." },
  genesis: { type: "string", doc: "Genesis as the sheets say, where only the shares were typed." },
} as const satisfies Record<string, Setting>;

const from = {
  type: "string",
  doc: "The bundle's file; or a folder or `rclone:remote:path`, of which the newest is taken.",
} as const satisfies Setting;

export const nowSettings = {
  data,
  to: { type: "string", doc: "Folder, or `rclone:remote:path`." },
  recipients: { type: "list", default: [], doc: "Further age1pq1… recipients besides the paper shares." },
  keep: {
    type: "list",
    default: [],
    doc: "What stays of the bundles there: last=N, daily=N, weekly=N, monthly=N; without it all stay.",
  },
  vault: { type: "string", doc: "The vault's URL, where it is another one than at init." },
  ...unsealSettings,
} as const satisfies Record<string, Setting>;
const listSettings = { data, to: nowSettings.to } as const satisfies Record<string, Setting>;
const verifySettings = { data, from, ...recoverySettings } as const satisfies Record<string, Setting>;
export const drillSettings = {
  data,
  from,
  ...recoverySettings,
  vault: { type: "string", doc: "The vault's URL, where it is another one than the backup says." },
  "vault-ca": { type: "string", doc: "PEM of the only CA to trust for the vault, in place of the backup's." },
} as const satisfies Record<string, Setting>;

/** `halfkey-gateway backup now|list|verify|drill`. */
export function addBackupCommands(program: Command): void {
  const backup = program.command("backup").description("make, look at and try out backups");

  withSettings(backup.command("now"), nowSettings)
    .description("make one backup, beside a gateway that may serve; it is read back before it counts")
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) => now(configOf(command, nowSettings), json));

  withSettings(backup.command("list"), listSettings)
    .description("the backups of a target, and the last of each target")
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) => {
      const config = configOf(command, listSettings);
      const bundles =
        config.to === undefined ? [] : await backupTarget(config.to, outboxIn(config.data)).list();
      const last = await readBackupRecord(config.data);
      if (json) return void process.stdout.write(`${JSON.stringify({ bundles, last })}\n`);
      for (const { name, bytes, time } of bundles.toSorted((a, b) => a.time - b.time))
        process.stdout.write(`${new Date(time).toISOString()}  ${String(bytes).padStart(12)}  ${name}\n`);
      for (const { target, name, time } of last)
        process.stdout.write(`last to ${target}: ${name}, ${time}\n`);
    });

  withSettings(backup.command("verify"), verifySettings)
    .description("open a backup with the shares and check everything in it; asks no vault")
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) => {
      const config = configOf(command, verifySettings);
      const recovery = await recoveryOf(config);
      const bundle = await findBundle(required(config.from), outboxIn(config.data));
      const { state, records, blobs, header } = await openBundle(bundle.read(), recovery);
      const found = { bundle: bundle.name, created: header.created, seq: state.seq, records, blobs };
      process.stdout.write(
        json
          ? `${JSON.stringify(found)}\n`
          : `${bundle.name} is well: of ${header.created}, entry ${state.seq}, ${records} records, ${blobs} values.\n`,
      );
    });

  withSettings(backup.command("drill"), drillSettings)
    .description("restore into memory, check both fragments, read one item, and tell the seconds")
    .option("--json", "print JSON")
    .action(async ({ json = false }, command: Command) => {
      const config = configOf(command, drillSettings);
      const recovery = await recoveryOf(config);
      const bundle = await findBundle(required(config.from), outboxIn(config.data));
      const ca = config["vault-ca"];
      const done = await drill(bundle, recovery, {
        vault: config.vault,
        vaultCa: ca === undefined ? undefined : await readFile(ca, "utf8"),
      });
      const { seconds, items, read } = done;
      const what = read ? "one was read with both halves" : "there was none to read";
      process.stdout.write(
        json
          ? `${JSON.stringify(done)}\n`
          : `${done.bundle} restores: ${items} items, ${what}. It took ${seconds.toFixed(1)} s.\n`,
      );
    });
}

export function outboxIn(data: string): string {
  return join(data, "outbox");
}

export function recoveryOf(config: Config<typeof recoverySettings>): Promise<Recovery> {
  return readRecovery({
    shareFiles: config["share-files"],
    identityFile: config["identity-file"],
    account: config.account,
    genesis16: config.genesis,
    typedShares,
  });
}

export function required(bundle: string | undefined): string {
  if (bundle === undefined) throw new OperatorError("E_INPUT", "--from is missing: name the backup");
  return bundle;
}

async function now(config: Config<typeof nowSettings>, json: boolean): Promise<void> {
  const { data: folder, to, vault } = config;
  if (to === undefined)
    throw new OperatorError("E_INPUT", "--to is missing: name a folder or rclone:remote:path");
  const target = backupTarget(to, outboxIn(folder));
  const retention = parseRetention(config.keep);
  const recipients = checkedRecipients(config.recipients);
  const { payload } = await openFragmentFile(fragmentFileIn(folder), unsealKeyFrom(unsealOptions(config)));
  const moved = vault === undefined ? payload : withVault(payload, vault);
  const { source, close } = await backupSourceOf(folder, moved, await readVaultCa(folder));
  try {
    const progress = process.stderr.isTTY ? shownProgress(source.blobs.length) : undefined;
    const done = await makeBackup(source, {
      data: folder,
      target,
      recipients,
      retention,
      ...(progress === undefined ? {} : { progress }),
    });
    if (progress) process.stderr.write("\n");
    const { name, bytes, seconds, blobs, records, lost, expired } = done;
    if (json) return void process.stdout.write(`${JSON.stringify(done)}\n`);
    process.stdout.write(
      `${name}: ${records} records, ${blobs} values, ${bytes} bytes, read back, in ${seconds.toFixed(1)} s.\n`,
    );
    if (lost > 0) process.stdout.write(`${lost} values were not at the vault any more.\n`);
    for (const old of expired) process.stdout.write(`deleted ${old}\n`);
  } finally {
    await close();
  }
}

function shownProgress(all: number): (counts: Readonly<BundleCounts>) => void {
  let shown = 0;
  return ({ blobs, bytes }) => {
    if (performance.now() - shown < 500) return;
    shown = performance.now();
    process.stderr.write(`\r${blobs} of ${all} values, ${Math.round(bytes / 1024 / 1024)} MiB`);
  };
}
