// For tests only: logs in a temporary folder, under keys of their own.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import {
  auditLogId,
  auditOrigin,
  openAuditCheckpoint,
  openAuditEntry,
  randomBytes,
  sealAuditEntry,
  signAuditCheckpoint,
  signingKeyFromSeed,
} from "@halfkey/crypto";
import type { Log } from "@halfkey/runtime";
import { AuditArchive } from "./audit-archive.ts";
import type { LogKeysOf } from "./audit-keys.ts";
import type { AuditLog, AuditLogOptions } from "./audit-log.ts";
import { openLog } from "./open-log.ts";

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "halfkey-audit-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Keys that only this call's logs have. */
export function testKeys(): LogKeysOf {
  const [account, root, hedge] = [randomBytes(16), randomBytes(32), randomBytes(32)];
  const signingKey = signingKeyFromSeed(randomBytes(32));
  return (k) => {
    const origin = auditOrigin(account.toString("hex"), "0".repeat(31).concat("1"), k);
    const logId = auditLogId(origin);
    return {
      origin,
      seal: (index, json) =>
        sealAuditEntry({ account, logId, index, customerEpoch: 1, vaultEpoch: 1, root, hedge, json }),
      open: (index, sealed) => openAuditEntry({ account, logId, index, sealed, rootOf: () => root }),
      sign: (checkpoint) => signAuditCheckpoint(origin, checkpoint, signingKey),
      openCheckpoint: (note) => openAuditCheckpoint(note, origin, signingKey.publicKey),
    };
  };
}

/** Keeps what is logged, as text. */
export function testLog(): Log & { lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    const { error } = fields as { error?: Error };
    lines.push(`${level} ${message} ${JSON.stringify(fields)} ${error?.message ?? ""}`);
  };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

export interface TestAudit {
  /** As `<data>/audit`. */
  folder: string;
  keysOf: LogKeysOf;
  open(more?: Partial<AuditLogOptions>): Promise<AuditLog>;
  archiveOf(log: AuditLog): AuditArchive;
}

/** One audit folder whose log 1 can be opened again and again. */
export function testAudit(): TestAudit {
  const folder = temporaryFolder();
  const keysOf = testKeys();
  return {
    folder,
    keysOf,
    open: (more = {}) =>
      openLog({ folder: join(folder, "1"), k: 1, keys: keysOf(1), log: testLog(), sync: false, ...more }),
    archiveOf: (log) => new AuditArchive(folder, keysOf, () => log),
  };
}

/** Appends entries one by one, numbered from the log's size on. */
export async function fill(log: AuditLog, count: number, time = Date.now()): Promise<void> {
  const texts = Array.from({ length: count }, (_, at) => testEntry(log.size + at, time));
  await Promise.all(texts.map((text) => log.append([text], time)));
}

export function testEntry(number: number, time: number): string {
  return JSON.stringify({
    t: time,
    who: "p-test",
    op: "read",
    path: `/mdapi/test/item-${number}`,
    v: 1,
    ok: true,
  });
}
