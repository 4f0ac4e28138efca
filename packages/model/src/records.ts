import type { AccessRule } from "./access-rule.ts";

/**
 * The contents of sealed records: what the gateway keeps in the vault, readable by the gateway alone.
 * `n` is the seq of the head when the record was sealed; it is set when sealing and checked when opening
 * (docs/cryptography.md, "Index records"). Byte strings are base64url. Times are milliseconds since 1970.
 */
interface Sealed {
  n: number;
}

export interface ItemVersion {
  v: number;
  /** 16 bytes: the blob's name at the vault. */
  blob: string;
  /** Length of nonce, ciphertext and tag within the padded blob. */
  len: number;
  /** SHA-256 of the whole blob. */
  sha: string;
  /** The data key, wrapped under both fragments: 134 bytes. */
  wrap: string;
  created: number;
  /** Access id that wrote it. */
  by: string;
  /** Set by the write that met a version whose wrap does not open. */
  broken?: true;
}

export type ItemFormat = "text" | "json" | "key-value";

export interface ItemRecord extends Sealed {
  t: "item";
  path: string;
  type: "static";
  subType: "generic" | "password";
  format: ItemFormat;
  /** Random 48-bit number, unchanged by rename. */
  itemId: number;
  created: number;
  modified: number;
  description: string;
  tags: string[];
  maxVersions?: number;
  deleteProtection?: true;
  disabled?: true;
  /** The highest version number ever given, so that none is reused. */
  last: number;
  /** Ascending by `v`; never empty. */
  versions: ItemVersion[];
}

/** A deleted item, kept until `purge`; its wraps still belong to `item.path`. */
export interface TrashRecord extends Sealed {
  t: "trash";
  name: string;
  deleted: number;
  purge: number;
  by: string;
  item: Omit<ItemRecord, "n">;
}

export interface RoleAssociation {
  id: string;
  accessId: string;
  /** AND over keys, OR over values. */
  subClaims: Record<string, string[]>;
}

export interface RoleRecord extends Sealed {
  t: "role";
  name: string;
  description: string;
  created: number;
  modified: number;
  /** May manage roles, auth methods and settings; gives no access to values. */
  admin: boolean;
  rules: AccessRule[];
  associations: RoleAssociation[];
}

export interface AuthMethodRecord extends Sealed {
  t: "method";
  accessId: string;
  name: string;
  description: string;
  type: "api_key";
  created: number;
  modified: number;
  /** Random u32, drawn anew to revoke every token of the method. */
  generation: number;
  /** H(access id, access key). */
  verifier: string;
  tokenTtlMinutes?: number;
  expires?: number;
}

export interface SettingsRecord extends Sealed {
  t: "settings";
  minFormat: 1;
  epoch: number;
  vaultEpoch: number;
  kcv: { c: Record<string, string>; v: Record<string, string> };
  tokenGen: number;
  tokenKeys: Record<string, string>;
  deny: { tid: string; aid: string; exp: number }[];
  auditRoots: { e: number; f: number; root: string }[];
  maxVersions: number;
  /** Seconds that reads go on while an alarm stands. */
  maxFrozenReads: number;
  trashDays: number;
}

export interface InstanceRecord extends Sealed {
  t: "audit";
  instance: string;
  boot: string;
  k: number;
  size: number;
  root: string;
}

/** The last version numbers of deleted paths, by the first byte of their record ids. */
export interface TombstonesRecord extends Sealed {
  t: "gone";
  byte: string;
  ids: Record<string, number>;
}

export type RecordContent =
  | ItemRecord
  | TrashRecord
  | RoleRecord
  | AuthMethodRecord
  | SettingsRecord
  | InstanceRecord
  | TombstonesRecord;
