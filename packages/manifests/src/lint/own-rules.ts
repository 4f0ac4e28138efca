import type { Rule } from "./rule.ts";

type OwnRule = Pick<Rule, "id" | "name" | "severity" | "summary" | "effect">;

/** What the lint says about its own work: no rule looks for these. */
export const unreadable: OwnRule = {
  id: "HK000",
  name: "unreadable",
  severity: "error",
  summary: "the document mentions external-secrets.io and is no YAML",
  effect: "kubectl refuses it too. Nothing else was looked for in this document.",
};

export const ignoreWithoutReason: OwnRule = {
  id: "HK099",
  name: "ignore-without-reason",
  severity: "warning",
  summary: "a comment halfkey-lint-ignore ignores nothing",
  effect:
    "It needs rules that there are, and a reason: `# halfkey-lint-ignore HK012: the value is a number`.",
};

export const ownRules: readonly OwnRule[] = [unreadable, ignoreWithoutReason];
