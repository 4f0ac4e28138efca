import { CryptoError } from "@halfkey/crypto";
import { parseRecipient } from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import type { Config, Setting } from "@halfkey/runtime";
import type { BackupPlan } from "./backup-schedule.ts";
import { parseRetention } from "./retention.ts";
import { backupTarget } from "./targets.ts";

export const backupSettings = {
  "backup-to": {
    type: "list",
    default: [],
    doc: "Where backups go: folders, or `rclone:remote:path`; none: this gateway makes none by itself.",
  },
  "backup-every": {
    type: "integer",
    default: 86_400,
    minimum: 1,
    doc: "Seconds from one backup to the next.",
  },
  "backup-on-change": {
    type: "integer",
    default: 0,
    minimum: 0,
    doc: "Also this many seconds after the last change of the account; 0: on schedule only.",
  },
  "backup-keep": {
    type: "list",
    default: [],
    doc: "What stays of the bundles at each target: last=N, daily=N, weekly=N, monthly=N; without it all stay.",
  },
  "backup-recipients": {
    type: "list",
    default: [],
    doc: "Further age1pq1… recipients besides the paper shares: whoever holds one of their identities opens every backup.",
  },
} as const satisfies Record<string, Setting>;

/** @returns nothing where no target is named. @throws {OperatorError} `E_INPUT` */
export function backupPlanOf(config: Config<typeof backupSettings>, outbox: string): BackupPlan | undefined {
  const recipients = checkedRecipients(config["backup-recipients"]);
  const retention = parseRetention(config["backup-keep"]);
  const targets = config["backup-to"].map((text) => backupTarget(text, outbox));
  if (targets.length === 0) return undefined;
  const everyMs = config["backup-every"] * 1000;
  return { targets, everyMs, onChangeMs: config["backup-on-change"] * 1000, recipients, retention };
}

/** @throws {OperatorError} `E_INPUT` */
export function checkedRecipients(recipients: readonly string[]): readonly string[] {
  try {
    return recipients.map(parseRecipient);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new OperatorError("E_INPUT", cause.message, { cause });
  }
}
