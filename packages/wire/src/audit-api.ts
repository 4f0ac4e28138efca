import Type, { type Static } from "typebox";

/** Limits of one request about the audit log. */
export const auditLimits = { entries: 1000, waitSeconds: 25 } as const;

/** A place in a gateway's audit logs: the number of the log, and in it the index of the entry, as `1:4711`. */
const AuditPlace = Type.String({ pattern: "^\\d{1,10}:\\d{1,16}$" });

/**
 * An entry as it was written, with its place; it may have further fields. One that cannot be opened has its place
 * and `unreadable` only. `t` is milliseconds since 1970.
 */
export const AuditEntry = Type.Object({
  k: Type.Integer(),
  index: Type.Integer(),
  t: Type.Optional(Type.Integer()),
  /** Access id; "" where no caller did it. */
  who: Type.Optional(Type.String()),
  /** The claims of the caller's token. */
  claims: Type.Optional(Type.Object({})),
  op: Type.Optional(Type.String()),
  path: Type.Optional(Type.String()),
  /** Where a move went to. */
  to: Type.Optional(Type.String()),
  /** Version. */
  v: Type.Optional(Type.Integer()),
  ok: Type.Optional(Type.Boolean()),
  /** Id of the request. */
  req: Type.Optional(Type.String()),
  /** The deciding rule: its role and pattern. */
  rule: Type.Optional(Type.String()),
  code: Type.Optional(Type.String()),
  /** Code of why it does not open. */
  unreadable: Type.Optional(Type.String()),
});
export type AuditEntry = Static<typeof AuditEntry>;

/**
 * `audit/search`, for operators. All conditions hold; `since` and `until` are milliseconds since 1970, `path` is
 * the path itself or a folder above it, `after` is `next` of the reply before.
 */
export const AuditSearchRequest = Type.Object({
  since: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  until: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  who: Type.Optional(Type.String()),
  op: Type.Optional(Type.String()),
  path: Type.Optional(Type.String()),
  ok: Type.Optional(Type.Boolean()),
  order: Type.Optional(Type.Enum(["newest", "oldest"])),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: auditLimits.entries })),
  after: Type.Optional(AuditPlace),
});
export type AuditSearchRequest = Static<typeof AuditSearchRequest>;

/**
 * `next` is null when nothing is left to look at: a reply with few entries and a `next` only ran out of time.
 * `problems` names what could not be read.
 */
export const AuditSearchReply = Type.Object({
  entries: Type.Array(AuditEntry),
  next: Type.Union([AuditPlace, Type.Null()]),
  problems: Type.Array(Type.String()),
});
export type AuditSearchReply = Static<typeof AuditSearchReply>;

/** `audit/tail`, for operators: the entries behind a place, oldest first; waits for the first if there is none. */
export const AuditTailRequest = Type.Object({
  after: AuditPlace,
  waitSeconds: Type.Optional(Type.Integer({ minimum: 0, maximum: auditLimits.waitSeconds })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: auditLimits.entries })),
});
export type AuditTailRequest = Static<typeof AuditTailRequest>;

/** `next` is where the next request begins, also when nothing came. */
export const AuditTailReply = Type.Object({
  entries: Type.Array(AuditEntry),
  next: AuditPlace,
  problems: Type.Array(Type.String()),
});
export type AuditTailReply = Static<typeof AuditTailReply>;

/** `audit/verify`, for operators: one segment a request, named by the place of its first leaf; the oldest if left out. */
export const AuditVerifyRequest = Type.Object({ from: Type.Optional(AuditPlace) });
export type AuditVerifyRequest = Static<typeof AuditVerifyRequest>;

export const AuditVerifyReply = Type.Object({
  k: Type.Integer(),
  /** Index of the segment's first leaf. */
  first: Type.Integer(),
  leaves: Type.Integer(),
  checkpoints: Type.Integer(),
  /** Leaves that are in the tree, but sealed with an epoch that is not loaded. */
  unopened: Type.Integer(),
  problem: Type.Union([
    Type.Null(),
    Type.Object({
      k: Type.Integer(),
      /** The first bad leaf, or the first of the stretch that holds it. */
      index: Type.Integer(),
      file: Type.String(),
      offset: Type.Optional(Type.Integer()),
      what: Type.String(),
    }),
  ]),
  /** The next segment. */
  next: Type.Union([AuditPlace, Type.Null()]),
  /** The log being written: its number, its size now, and the size that the account's journal anchors. */
  log: Type.Object({
    k: Type.Integer(),
    size: Type.Integer(),
    anchored: Type.Union([Type.Integer(), Type.Null()]),
  }),
});
export type AuditVerifyReply = Static<typeof AuditVerifyReply>;
