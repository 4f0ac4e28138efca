import { CallerError, OperatorError, withLeadingSlash } from "@halfkey/model";
import {
  type AuditSearchReply,
  AuditSearchRequest,
  type AuditTailReply,
  AuditTailRequest,
  type AuditVerifyReply,
  AuditVerifyRequest,
  auditLimits,
} from "@halfkey/wire";
import { requireAdmin } from "../access/require-admin.ts";
import { command } from "../akeyless/command.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { type AuditFound, type AuditPosition, searchAudit } from "../audit/search-audit.ts";
import { verifySegment } from "../audit/verify-audit.ts";
import type { Services } from "../services.ts";
import { Mutex } from "../state/mutex.ts";

const entriesDefault = 100;
/** One search or verification at a time: they cost processor time, which requests for values need. */
const heavy = new Mutex();

export const auditSearch = command({
  name: "audit/search",
  summary: "Finds entries of the audit log.",
  request: AuditSearchRequest,
  async run(services, { caller, request, deadline }): Promise<AuditSearchReply> {
    await requireAdmin(services, caller, deadline);
    const { limit = entriesDefault, after, ...query } = request;
    // Enumerations may be sent empty, as official clients do.
    const order = request.order || "newest";
    // Entries have the one canonical spelling.
    const path = query.path ? { path: withLeadingSlash(query.path) } : {};
    const place = after === undefined ? {} : { after: placeFrom(after) };
    const found = await heavy.hold(() =>
      searchAudit(services.audit.archive, { ...query, ...path, ...place, limit, order }),
    );
    return { ...replyOf(found), next: found.next === undefined ? null : placeText(found.next) };
  },
});

export const auditTail = command({
  name: "audit/tail",
  summary: "Gives the entries of the audit log behind a place, and waits for new ones.",
  request: AuditTailRequest,
  async run(services, { caller, request, deadline }): Promise<AuditTailReply> {
    await requireAdmin(services, caller, deadline);
    const { audit } = services;
    const { waitSeconds = 0, limit = entriesDefault } = request;
    const after = placeFrom(request.after);
    const until = performance.now() + Math.min(waitSeconds, auditLimits.waitSeconds) * 1000;
    for (;;) {
      const log = currentLog(audit);
      const { size } = log;
      const found = await searchAudit(audit.archive, { order: "oldest", limit, after });
      const last = found.entries.at(-1);
      const left = until - performance.now();
      if (last !== undefined || left <= 0 || audit.isEnding)
        return { ...replyOf(found), next: last === undefined ? request.after : placeText(last) };
      // What was written during the search has woken nobody.
      if (log.size === size) await log.growth(left);
    }
  },
});

export const auditVerify = command({
  name: "audit/verify",
  summary: "Recomputes one segment of the audit log and compares it with all that was signed.",
  request: AuditVerifyRequest,
  async run(services, { caller, request, deadline }): Promise<AuditVerifyReply> {
    await requireAdmin(services, caller, deadline);
    const { audit, replica, keyring } = services;
    const { k, size, root } = currentLog(audit);
    const anchor = replica.index.instance(keyring.instance);
    const from = request.from === undefined ? undefined : placeFrom(request.from);
    const verdict = await heavy.hold(() => verifySegment(audit.archive, { k, size, root, anchor }, from));
    if (verdict === undefined)
      throw new CallerError("E_NOT_FOUND", "there is no such segment of the audit log");
    const { problem = null, next, ...counts } = verdict;
    return {
      ...counts,
      problem,
      next: next === undefined ? null : placeText(next),
      log: { k, size, anchored: anchor?.k === k ? anchor.size : null },
    };
  },
});

function currentLog(audit: Services["audit"]): AuditLog {
  if (audit.current === undefined) throw new OperatorError("E_SEALED", "the audit log is not open yet");
  return audit.current;
}

function placeFrom(text: string): AuditPosition {
  const [, k, index] = /^(\d{1,10}):(\d{1,16})$/.exec(text) ?? [];
  if (k === undefined || !Number.isSafeInteger(Number(index)))
    throw new CallerError("E_INPUT", "InvalidParam: a place in the audit log is written as 1:4711");
  return { k: Number(k), index: Number(index) };
}

function placeText({ k, index }: AuditPosition): string {
  return `${k}:${index}`;
}

function replyOf({ entries, problems }: AuditFound): Pick<AuditSearchReply, "entries" | "problems"> {
  return { entries: entries as unknown as AuditSearchReply["entries"], problems };
}
