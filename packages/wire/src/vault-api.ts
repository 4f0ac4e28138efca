import Type, { type Static } from "typebox";

/**
 * The contract between gateway and vault (docs/cryptography.md, "Gateway and vault"). Byte strings are
 * base64url without padding. Every reply carries `seq`, the head's number read after the request arrived
 * (-1 before entry 0). Refusals are `{"error", "code"}` with the code in the `halfkey-code` header too.
 */

const Bytes = (length?: number) =>
  Type.String(
    length === undefined
      ? { pattern: "^[A-Za-z0-9_-]*$" }
      : {
          pattern: "^[A-Za-z0-9_-]*$",
          minLength: Math.ceil((length * 8) / 6),
          maxLength: Math.ceil((length * 8) / 6),
        },
  );
const HexId = Type.String({ pattern: "^[0-9a-f]{32}$" });
const Seq = Type.Integer({ minimum: -1, maximum: Number.MAX_SAFE_INTEGER });
const closed = { additionalProperties: false };

/** Limits of one request; larger work is split by the gateway. */
export const vaultLimits = {
  batch: 256,
  journalPage: 500,
  operations: 1024,
  bodyBytes: 16 * 1024 * 1024,
  /** Longest wait of a journal long poll, in seconds. */
  journalWaitSeconds: 25,
  /** Expected blob bytes of one open batch, and all bytes of one append. */
  openBatchBytes: 4 * 1024 * 1024,
  appendBytes: 8 * 1024 * 1024,
  /** Largest difference of clocks, in milliseconds. */
  clockSkewMs: 60_000,
} as const;

export const replyMacHeader = "halfkey-mac";

export const HeadReply = Type.Object({
  seq: Seq,
  entry: Type.Union([Bytes(), Type.Null()]),
  epochs: Type.Array(Type.Integer({ minimum: 1 })),
  /** The vault's clock, in milliseconds since 1970. */
  time: Type.Integer(),
  backup: Type.Union([Type.Object({ seq: Seq, time: Type.Integer() }), Type.Null()]),
});
export type HeadReply = Static<typeof HeadReply>;

/** GET /v1/journal: `from` is the first entry wanted, `wait` the seconds to wait if there is none after it. */
export const JournalQuery = Type.Object({
  from: Type.Integer({ minimum: 0 }),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: vaultLimits.journalPage })),
  wait: Type.Optional(Type.Integer({ minimum: 0, maximum: vaultLimits.journalWaitSeconds })),
});
export type JournalQuery = Static<typeof JournalQuery>;
export const JournalReply = Type.Object({ seq: Seq, entries: Type.Array(Bytes()) });
export type JournalReply = Static<typeof JournalReply>;

export const IndexQuery = Type.Object({ cursor: Type.Optional(Type.String({ maxLength: 64 })) });
export type IndexQuery = Static<typeof IndexQuery>;
export const IndexReply = Type.Object({
  seq: Seq,
  records: Type.Array(Type.Tuple([Bytes(32), Bytes()])),
  writers: Type.Array(Type.Tuple([HexId, Bytes(32)])),
  next: Type.Union([Type.String(), Type.Null()]),
});
export type IndexReply = Static<typeof IndexReply>;

export const RecordsRequest = Type.Object(
  { ids: Type.Array(Bytes(32), { maxItems: vaultLimits.batch }) },
  closed,
);
export type RecordsRequest = Static<typeof RecordsRequest>;
export const RecordsReply = Type.Object({
  seq: Seq,
  records: Type.Array(Type.Union([Bytes(), Type.Null()])),
});
export type RecordsReply = Static<typeof RecordsReply>;

export const ShareRequest = Type.Object(
  { x: Type.Array(Bytes(97), { maxItems: vaultLimits.batch }) },
  closed,
);
export type ShareRequest = Static<typeof ShareRequest>;
export const ShareReply = Type.Object({
  seq: Seq,
  shares: Type.Array(
    Type.Object({ share: Type.Union([Bytes(32), Type.Null()]), code: Type.Optional(Type.String()) }),
  ),
});
export type ShareReply = Static<typeof ShareReply>;

export const OpenRequest = Type.Object(
  {
    opens: Type.Array(Type.Object({ x: Bytes(97), blob: Bytes(16) }, closed), {
      maxItems: vaultLimits.batch,
    }),
  },
  closed,
);
export type OpenRequest = Static<typeof OpenRequest>;
/** A missing blob is `{share, blob: null}`; a refused element has a code. */
export const OpenReply = Type.Object({
  seq: Seq,
  opens: Type.Array(
    Type.Object({
      share: Type.Union([Bytes(32), Type.Null()]),
      blob: Type.Union([Bytes(), Type.Null()]),
      code: Type.Optional(Type.String()),
    }),
  ),
});
export type OpenReply = Static<typeof OpenReply>;

export const AppendRequest = Type.Object(
  {
    entry: Bytes(),
    /** [record id, sealed bytes], one for each operation 1. */
    records: Type.Array(Type.Tuple([Bytes(32), Bytes()]), { maxItems: vaultLimits.operations }),
    /** [blob id, owner's record id, bytes]. */
    blobs: Type.Array(Type.Tuple([Bytes(16), Bytes(32), Bytes()]), { maxItems: 100_000 }),
    /** [blob id, new owner's record id]. */
    own: Type.Array(Type.Tuple([Bytes(16), Bytes(32)]), { maxItems: 200_000 }),
    drop: Type.Array(Bytes(16), { maxItems: 200_000 }),
  },
  closed,
);
export type AppendRequest = Static<typeof AppendRequest>;
/** 200. */
export const AppendReply = Type.Object({ seq: Seq });
export type AppendReply = Static<typeof AppendReply>;
/** 409: the entries from the refused entry's seq - 1 on, at most 500. */
export const ConflictReply = Type.Object({
  seq: Seq,
  entries: Type.Array(Bytes()),
  error: Type.String(),
  code: Type.String(),
});
export type ConflictReply = Static<typeof ConflictReply>;

/**
 * POST /v1/push: what a vault that was set back to an older backup lacks. The entries continue its head, by any
 * writer active at their place; of the records only those count that an entry leaves, or already has, current.
 */
export const PushRequest = Type.Object(
  {
    entries: Type.Array(Bytes(), { maxItems: vaultLimits.journalPage }),
    /** [record id, sealed bytes] that hash to what the journal says of the id. */
    records: Type.Array(Type.Tuple([Bytes(32), Bytes()]), { maxItems: 100_000 }),
    /** [blob id, owner's record id, bytes]; one that is there already is left alone. */
    blobs: Type.Array(Type.Tuple([Bytes(16), Bytes(32), Bytes()]), { maxItems: 100_000 }),
    /** Blob ids that the sender believes to be there. */
    expect: Type.Array(Bytes(16), { maxItems: vaultLimits.batch }),
  },
  closed,
);
export type PushRequest = Static<typeof PushRequest>;
/** 200; 409 as for an append if the entries do not continue the head. `missing`: those of `expect` that are not there. */
export const PushReply = Type.Object({ seq: Seq, missing: Type.Array(Bytes(16)) });
export type PushReply = Static<typeof PushReply>;

/** Unauthenticated: the code is the authority. 201, idempotent for the same code, instance and key. */
export const EnrolRequest = Type.Object(
  { code: Type.String({ minLength: 31, maxLength: 40 }), account: HexId, instance: HexId, key: Bytes(32) },
  closed,
);
export type EnrolRequest = Static<typeof EnrolRequest>;
export const EnrolReply = Type.Object({ seq: Seq });
export type EnrolReply = Static<typeof EnrolReply>;

export const ErrorReply = Type.Object({
  error: Type.String(),
  code: Type.String(),
  /** The vault's clock, where the refusal is about clocks. */
  time: Type.Optional(Type.Integer()),
});
export type ErrorReply = Static<typeof ErrorReply>;
