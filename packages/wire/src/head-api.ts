import Type, { type Static } from "typebox";

/** What the operator of a gateway asks about heads and alarms: `POST /halfkey/v1/head-…`, admins only. */

const HeadId = Type.Object({ seq: Type.Integer(), hash: Type.String() });

export const HeadShowRequest = Type.Object({});
export const HeadShowReply = Type.Object({
  own: HeadId,
  /** `null`: the vault did not answer, `vaultError` says why. */
  vault: Type.Union([HeadId, Type.Null()]),
  vaultError: Type.Optional(Type.String()),
  alarm: Type.Union([
    Type.Object({ code: Type.String(), reason: Type.String(), since: Type.String() }),
    Type.Null(),
  ]),
  /** Records whose current content is not known. */
  poisoned: Type.Integer(),
});
export type HeadShowReply = Static<typeof HeadShowReply>;

/** The vault's head as `head-show` told it: another one is refused. */
export const HeadAcceptRequest = Type.Object({ seq: Type.Integer({ minimum: 0 }), hash: Type.String() });
export type HeadAcceptRequest = Static<typeof HeadAcceptRequest>;
export const HeadAcceptReply = Type.Object({
  seq: Type.Integer(),
  /** Entries of ours that the accepted head does not have. */
  undone: Type.Integer(),
  warning: Type.String(),
});
export type HeadAcceptReply = Static<typeof HeadAcceptReply>;

export const HeadPushRequest = Type.Object({});
export const HeadPushReply = Type.Object({
  entries: Type.Integer(),
  records: Type.Integer(),
  /** Versions whose ciphertext the vault no longer has. */
  lost: Type.Array(Type.Object({ name: Type.String(), version: Type.Integer() })),
});
export type HeadPushReply = Static<typeof HeadPushReply>;
