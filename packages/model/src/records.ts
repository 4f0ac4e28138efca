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
  /** AND over keys, OR over values; empty: no condition. */
  subClaims: Record<string, string[]>;
  caseInsensitive?: true;
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

export type AuthMethodType = "api_key" | "k8s" | "jwt";

/** What a Kubernetes service account must be to log in; an empty list asks nothing. */
export interface KubernetesBounds {
  audience?: string;
  namespaces: string[];
  serviceAccounts: string[];
  pods: string[];
}

/** Whose JWTs are believed, and for whom. */
export interface JwtTrust {
  issuer: string;
  /** At least one must be in the token; empty only where client ids are named. */
  audiences: string[];
  /** OAuth clients of which one must have got the token; absent: any. */
  clientIds?: string[];
  /** Asymmetric ones only. */
  algorithms: string[];
  /** Where the keys are; or the keys themselves, as JSON. Neither: where the issuer's own discovery document says. */
  jwksUrl?: string;
  jwks?: string;
  /** The claim that must be there; it names the caller in the audit log. */
  uniqueIdentifier: string;
  /** Claims that must have one of these values. */
  boundClaims: Record<string, string[]>;
}

export interface AuthMethodRecord extends Sealed {
  t: "method";
  accessId: string;
  name: string;
  description: string;
  type: AuthMethodType;
  created: number;
  modified: number;
  /** Random u32, drawn anew to revoke every token of the method. */
  generation: number;
  /** Type api_key: H(access id, access key). */
  verifier?: string;
  /** Type k8s. */
  kubernetes?: KubernetesBounds;
  /** Type jwt. */
  jwt?: JwtTrust;
  tokenTtlMinutes?: number;
  expires?: number;
  /** CIDR blocks that a caller must come from; empty: anywhere. */
  boundIps?: string[];
  /** An association must ask for claims. */
  forceSubClaims?: true;
  deleteProtection?: true;
}

/** How service-account tokens of one cluster are proved. */
export interface KubernetesConfigRecord extends Sealed {
  t: "k8s-config";
  name: string;
  accessId: string;
  created: number;
  modified: number;
  /** The cluster's API server. */
  host: string;
  /** PEM of its CA; absent: the public ones. */
  caCert?: string;
  /** Empty: whatever the API server itself says it is. */
  issuer: string;
  checkIssuer: boolean;
  /** `offline`: against the cluster's published keys; `review`: the API server is asked each time. */
  mode: "offline" | "review";
  /** Asks for reviews and keys; absent: reviews are asked with the caller's own token, keys without any. */
  reviewerToken?: string;
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
  /** The last change of epochs. Absent: there was none. */
  rotation?: Rotation;
}

export interface Rotation {
  begun: number;
  /** When nothing named an older epoch any more; absent: something may. */
  completed?: number;
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
  | KubernetesConfigRecord
  | SettingsRecord
  | InstanceRecord
  | TombstonesRecord;
