import Type, { type Static } from "typebox";

/**
 * The gateway's own API, `POST /halfkey/v1/<command>` with the token in the body: what the Akeyless-compatible one
 * has no words for. Times are RFC 3339, UTC. Refusals are `{"error"}` with the code in the header `halfkey-code`.
 */

export const UndeleteRequest = Type.Object({ name: Type.String() });
export type UndeleteRequest = Static<typeof UndeleteRequest>;
export const UndeleteReply = Type.Object({ name: Type.String(), version: Type.Integer() });
export type UndeleteReply = Static<typeof UndeleteReply>;

export const TrashRequest = Type.Object({ path: Type.Optional(Type.String()) });
export type TrashRequest = Static<typeof TrashRequest>;
export const TrashReply = Type.Object({
  items: Type.Array(
    Type.Object({
      name: Type.String(),
      deleted: Type.String(),
      /** When it goes for good. */
      purge: Type.String(),
      /** Access id that deleted it. */
      by: Type.String(),
      version: Type.Integer(),
    }),
  ),
});
export type TrashReply = Static<typeof TrashReply>;
