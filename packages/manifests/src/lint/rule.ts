import type { ItemPath } from "@halfkey/model";
import type { Place } from "../place.ts";
import type { StoreReference } from "../reads-of.ts";
import type { Edit, Severity } from "./finding.ts";
import type { Kind, Manifest } from "./manifest.ts";

/** What a rule may know beyond the manifest that it looks at. */
export interface LintContext {
  /** All manifests of this run. */
  manifests: readonly Manifest[];
  namespaceOf(manifest: Manifest): string | undefined;
  /** Whether a ClusterSecretStore of that name is known. */
  isClusterStore(name: string): boolean;
  /** Whether a store is one of ESO's `akeyless` provider. */
  isAkeyless(store: StoreReference | undefined): boolean;
  /** The folder that has one folder per namespace, such as `/mdapi`. */
  pathRoot: string;
  /** Whether a path is granted to namespaces other than its own. */
  isShared(path: ItemPath): boolean;
  /** What is known of the items; undefined without a gateway. */
  items: ItemFacts | undefined;
}

export interface ItemFacts {
  /** All items that may be listed. */
  all: readonly { path: string; tags: readonly string[] }[];
  /** A value, by canonical path; undefined where it was not read. */
  valueOf(path: string): string | undefined;
}

export interface Detail {
  /** Points at the key instead of the value. */
  atKey?: true;
  /** Points at a part of the text that stands at the place: an action of a template. */
  within?: { text: string; at: number; end: number };
  edits?: readonly Edit[];
  /** Where one case is less bad than the rule's usual one. */
  severity?: Severity;
}

export type Report = (place: Place, message: string, detail?: Detail) => void;

/** One mistake: how it is found, and all that its page says. */
export interface Rule {
  /** `HK` and three digits; never reused. */
  id: string;
  name: string;
  severity: Severity;
  /** Nothing in the cluster tells of the mistake. */
  silent?: true;
  /** `--fix` can mend it. */
  fixable?: true;
  /** Needs to see the items themselves. */
  online?: true;
  /** One line: what is wrong. */
  summary: string;
  /** What the cluster does. */
  effect: string;
  /** A manifest that the rule finds, and one that no rule finds. */
  bad: string;
  good: string;
  /** For rules about items: what the items of the examples are. */
  exampleItems?: Readonly<Record<string, string>>;
  /** How it is known. */
  source: string;
  kinds: readonly Kind[];
  check(manifest: Manifest, report: Report, context: LintContext): void;
}
