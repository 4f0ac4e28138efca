export {
  type AccessRule,
  type Capability,
  type Claims,
  capabilities,
  fillClaim,
  matches,
  type Pattern,
  parsePattern,
} from "./access-rule.ts";
export type { Caller } from "./caller.ts";
export {
  adviceOf,
  CallerError,
  type ErrorCode,
  errorCodes,
  HalfkeyError,
  nextStepOf,
  OperatorError,
} from "./errors.ts";
export {
  type ItemPath,
  itemPathBytesMax,
  parseFolder,
  parseItemPath,
  parseRecordName,
  type RecordName,
  segmentsOf,
  withLeadingSlash,
} from "./item-path.ts";
export { type Decision, type Grant, Policy } from "./policy.ts";
export type {
  AuthMethodRecord,
  AuthMethodType,
  InstanceRecord,
  ItemFormat,
  ItemRecord,
  ItemVersion,
  JwtTrust,
  KubernetesBounds,
  KubernetesConfigRecord,
  RecordContent,
  RoleAssociation,
  RoleRecord,
  Rotation,
  SettingsRecord,
  TombstonesRecord,
  TrashRecord,
} from "./records.ts";
export { type Runbook, runbookFile, runbookOf, runbooks } from "./runbooks.ts";
export { fulfils, type SubClaims } from "./sub-claims.ts";
