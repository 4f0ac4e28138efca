import Type, { type Static } from "typebox";

/** Rotation of fragments: `POST /halfkey/v1/rotate-…`, admins only. Times are RFC 3339, UTC. */

export const RotateStartRequest = Type.Object({
  what: Type.Enum(["customer", "vault", "all"]),
  /** At full speed, and also while another rotation is under way. */
  incident: Type.Optional(Type.Boolean()),
  /** The fragment's id, typed by an operator who does without a verified bundle. */
  withoutBackupCheck: Type.Optional(Type.String()),
});
export type RotateStartRequest = Static<typeof RotateStartRequest>;

export const RotateStatusRequest = Type.Object({});
export const RotateStatusReply = Type.Object({
  fragment: Type.String(),
  customerEpoch: Type.Integer(),
  vaultEpoch: Type.Integer(),
  /** Those that this gateway still holds, and those that the vault still holds. */
  oldCustomerEpochs: Type.Array(Type.Integer()),
  oldVaultEpochs: Type.Array(Type.Integer()),
  /** Records of the account, and how many of them are not under the current epochs. */
  total: Type.Integer(),
  left: Type.Integer(),
  /** Instances that have not taken up the new epochs. */
  waitingFor: Type.Array(Type.String()),
  /** Versions that do not open. */
  broken: Type.Array(Type.Object({ name: Type.String(), version: Type.Integer() })),
  begun: Type.Union([Type.String(), Type.Null()]),
  completed: Type.Union([Type.String(), Type.Null()]),
  /** Why it does not get on. */
  error: Type.Union([Type.String(), Type.Null()]),
  /** What stands against destroying the old epochs, backups apart. */
  objections: Type.Array(Type.String()),
});
export type RotateStatusReply = Static<typeof RotateStatusReply>;

export const RotateFinishRequest = Type.Object({
  /** At once, not 7 days after completion. */
  incident: Type.Optional(Type.Boolean()),
  withoutBackupCheck: Type.Optional(Type.String()),
  /** How many broken versions are given up. */
  giveUp: Type.Optional(Type.Integer({ minimum: 0 })),
});
export type RotateFinishRequest = Static<typeof RotateFinishRequest>;
export const RotateFinishReply = Type.Object({
  customerEpochs: Type.Array(Type.Integer()),
  vaultEpochs: Type.Array(Type.Integer()),
});
export type RotateFinishReply = Static<typeof RotateFinishReply>;

/** Instances: `POST /halfkey/v1/instance-…`, admins only. */
export const InstanceListRequest = Type.Object({});
export const InstanceListReply = Type.Object({
  instances: Type.Array(
    Type.Object({
      instance: Type.String(),
      /** Whether it is the one that answers. */
      own: Type.Boolean(),
      /** Whether it has taken up the current epochs; `null` for one that never ran. */
      current: Type.Union([Type.Boolean(), Type.Null()]),
    }),
  ),
});
export type InstanceListReply = Static<typeof InstanceListReply>;
export const InstanceRevokeRequest = Type.Object({ instance: Type.String() });
export type InstanceRevokeRequest = Static<typeof InstanceRevokeRequest>;
