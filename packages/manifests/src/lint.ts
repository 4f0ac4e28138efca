export { type LintOptions, usualClusterStore } from "./lint/context-of.ts";
export {
  type Edit,
  type Finding,
  type Position,
  type Range,
  type Severity,
  severities,
} from "./lint/finding.ts";
export { type Fixed, fix } from "./lint/fix.ts";
export { lint } from "./lint/lint.ts";
export type { Source } from "./lint/manifest.ts";
export { ownRules } from "./lint/own-rules.ts";
export { readManifests } from "./lint/read-manifests.ts";
export type { ItemFacts, Rule } from "./lint/rule.ts";
export { rulePage } from "./lint/rule-page.ts";
export { rules } from "./rules/rules.ts";
