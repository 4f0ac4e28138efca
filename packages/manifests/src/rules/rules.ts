import type { Rule } from "../lint/rule.ts";
import { apiVersionNotServed } from "./api-version-not-served.ts";
import { decodingAuto } from "./decoding-auto.ts";
import { deletionPolicyWithoutEffect } from "./deletion-policy-without-effect.ts";
import { duplicateKey } from "./duplicate-key.ts";
import { duplicateSecretKey } from "./duplicate-secret-key.ts";
import { engineVersion } from "./engine-version.ts";
import { fetchedKeyUnused } from "./fetched-key-unused.ts";
import { findMatchesNothing } from "./find-matches-nothing.ts";
import { findSeveralTags } from "./find-several-tags.ts";
import { findWithDelete } from "./find-with-delete.ts";
import { findWithoutRewrite } from "./find-without-rewrite.ts";
import { itemIsEmpty } from "./item-is-empty.ts";
import { literalAfterTemplate } from "./literal-after-template.ts";
import { literalUnquoted } from "./literal-unquoted.ts";
import { metadataPolicy } from "./metadata-policy.ts";
import { neverRefreshed } from "./never-refreshed.ts";
import { noSecretIsMade } from "./no-secret-is-made.ts";
import { nothingIsFetched } from "./nothing-is-fetched.ts";
import { pathOfAnotherNamespace } from "./path-of-another-namespace.ts";
import { propertyIsEmpty } from "./property-is-empty.ts";
import { propertyOperator } from "./property-operator.ts";
import { pushSecretDelete } from "./push-secret-delete.ts";
import { refreshIntervalMissing } from "./refresh-interval-missing.ts";
import { refreshIntervalUnit } from "./refresh-interval-unit.ts";
import { scalarNotAString } from "./scalar-not-a-string.ts";
import { shellVariable } from "./shell-variable.ts";
import { storeKindMissing } from "./store-kind-missing.ts";
import { storeSharedIdentity } from "./store-shared-identity.ts";
import { storeUrl } from "./store-url.ts";
import { targetOfAnother } from "./target-of-another.ts";
import { templateB64dec } from "./template-b64dec.ts";
import { templateB64enc } from "./template-b64enc.ts";
import { templateDefaultMissingKey } from "./template-default-missing-key.ts";
import { templateEmptyValue } from "./template-empty-value.ts";
import { templateFromJson } from "./template-from-json.ts";
import { templateFromNoItems } from "./template-from-no-items.ts";
import { templateGetDefault } from "./template-get-default.ts";
import { templateIndexMissingKey } from "./template-index-missing-key.ts";
import { templateInvalid } from "./template-invalid.ts";
import { templateKeyOfTemplate } from "./template-key-of-template.ts";
import { templateMissingKey } from "./template-missing-key.ts";
import { templateTarget } from "./template-target.ts";
import { unknownField } from "./unknown-field.ts";
import { versionNotANumber } from "./version-not-a-number.ts";

/** Every rule, by id. */
export const rules: readonly Rule[] = [
  refreshIntervalUnit,
  apiVersionNotServed,
  storeKindMissing,
  pathOfAnotherNamespace,
  templateMissingKey,
  templateKeyOfTemplate,
  literalAfterTemplate,
  templateIndexMissingKey,
  templateEmptyValue,
  templateFromJson,
  templateGetDefault,
  literalUnquoted,
  templateB64dec,
  templateB64enc,
  decodingAuto,
  versionNotANumber,
  propertyIsEmpty,
  propertyOperator,
  scalarNotAString,
  duplicateKey,
  unknownField,
  fetchedKeyUnused,
  shellVariable,
  templateInvalid,
  templateDefaultMissingKey,
  engineVersion,
  templateTarget,
  templateFromNoItems,
  noSecretIsMade,
  nothingIsFetched,
  findMatchesNothing,
  findWithDelete,
  findWithoutRewrite,
  findSeveralTags,
  duplicateSecretKey,
  targetOfAnother,
  deletionPolicyWithoutEffect,
  neverRefreshed,
  refreshIntervalMissing,
  metadataPolicy,
  storeUrl,
  storeSharedIdentity,
  pushSecretDelete,
  itemIsEmpty,
];
