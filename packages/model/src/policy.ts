import { type AccessRule, type Capability, type Claims, fillClaim, parsePattern } from "./access-rule.ts";
import { type ItemPath, segmentsOf } from "./item-path.ts";
import { fulfils, type SubClaims } from "./sub-claims.ts";

/** A rule as one access id holds it: through which role, and under which condition on the token's claims. */
export interface Grant {
  role: string;
  rule: AccessRule;
  /** What the association asks of the token. Absent: nothing. */
  subClaims?: SubClaims;
}

export interface Decision {
  allowed: boolean;
  /** The deciding grant: the first deny, else the first that gives the capability; none if nothing matched. */
  grant?: Grant;
}

const rootsMax = 32;

interface Node {
  literal: Map<string, Node>;
  any?: Node;
  claims: Map<string, Node>;
  /** Grants whose pattern ends here. */
  exact: Grant[];
  /** Grants whose pattern ends here in `/*`: they cover what is strictly below. */
  below: Grant[];
}

/**
 * All grants of one access id, compiled into a tree over path segments, so that a decision costs the depth
 * of the path and not the number of rules. Nothing is allowed by default, and deny wins over everything.
 */
export class Policy {
  readonly #root: Node = newNode();
  /** Why this policy denies everything: a stored rule that no longer parses. */
  readonly broken: string | undefined;
  /** Beginnings of paths: nothing that begins otherwise is allowed. Few, so that asking them of every path is cheap. */
  readonly roots: readonly string[];

  constructor(grants: Iterable<Grant>) {
    let broken: string | undefined;
    const roots = new Set<string>();
    for (const grant of grants) {
      try {
        this.#add(grant);
        if (!grant.rule.capabilities.includes("deny")) roots.add(rootOf(grant.rule.pattern));
      } catch (error) {
        // Half a policy could lack exactly its deny.
        broken ??= `role ${grant.role}: ${(error as Error).message}`;
      }
    }
    this.broken = broken;
    this.roots = shortestOf(roots);
  }

  /** @param now Milliseconds since 1970, for rules that end. */
  decide(path: ItemPath, wanted: Exclude<Capability, "deny">, claims: Claims, now: number): Decision {
    if (this.broken !== undefined) return { allowed: false };
    let giving: Grant | undefined;
    for (const { grant, sure } of this.#matching(segmentsOf(path), claims)) {
      const { rule, subClaims } = grant;
      const denies = rule.capabilities.includes("deny");
      if (subClaims !== undefined && !fulfils(claims, subClaims)) continue;
      if (denies) return { allowed: false, grant };
      if (!sure || giving !== undefined) continue;
      if (rule.expires !== undefined && rule.expires <= now) continue;
      if (gives(rule.capabilities, wanted)) giving = grant;
    }
    return giving === undefined ? { allowed: false } : { allowed: true, grant: giving };
  }

  #add(grant: Grant): void {
    const pattern = parsePattern(grant.rule.pattern);
    let node = this.#root;
    for (const segment of pattern.segments) {
      if (segment.kind === "any") node = node.any ??= newNode();
      else if (segment.kind === "literal") node = childOf(node.literal, segment.text);
      else node = childOf(node.claims, segment.name);
    }
    (pattern.below ? node.below : node.exact).push(grant);
  }

  /** Every grant whose pattern covers the path. `sure` is false where a template stands unfilled: deny rules only. */
  *#matching(segments: string[], claims: Claims): Iterable<{ grant: Grant; sure: boolean }> {
    let active: { node: Node; sure: boolean }[] = [{ node: this.#root, sure: true }];
    for (const segment of segments) {
      const next: typeof active = [];
      for (const { node, sure } of active) {
        for (const grant of node.below) yield { grant, sure };
        const literal = node.literal.get(segment);
        if (literal !== undefined) next.push({ node: literal, sure });
        if (node.any !== undefined) next.push({ node: node.any, sure });
        for (const [name, child] of node.claims) {
          const filled = fillClaim(claims, name);
          if (filled === segment) next.push({ node: child, sure });
          else if (filled === undefined) next.push({ node: child, sure: false });
        }
      }
      if (next.length === 0) return;
      active = next;
    }
    for (const { node, sure } of active) for (const grant of node.exact) yield { grant, sure };
  }
}

/** Without those that begin with another; of too many, only the root of all. */
function shortestOf(roots: ReadonlySet<string>): string[] {
  // Compared with one another only where that is quick: a policy may have ten thousand rules.
  if (roots.size > 8 * rootsMax) return ["/"];
  const all = [...roots];
  const shortest = all.filter((root) => !all.some((other) => other !== root && root.startsWith(other)));
  return shortest.length > rootsMax ? ["/"] : shortest;
}

/** What every path that a pattern covers begins with: its literal segments up to the first that is none. */
function rootOf(pattern: string): string {
  const { segments } = parsePattern(pattern);
  const literal = segments.findIndex(({ kind }) => kind !== "literal");
  const whole = literal === -1 ? segments : segments.slice(0, literal);
  return `/${whole.map((segment) => (segment.kind === "literal" ? segment.text : "")).join("/")}`;
}

/** `read`, `create`, `update` and `delete` each imply `list`. */
function gives(held: readonly Capability[], wanted: Capability): boolean {
  return held.includes(wanted) || (wanted === "list" && held.some((one) => one !== "deny"));
}

function newNode(): Node {
  return { literal: new Map(), claims: new Map(), exact: [], below: [] };
}

function childOf(children: Map<string, Node>, key: string): Node {
  let child = children.get(key);
  if (child === undefined) {
    child = newNode();
    children.set(key, child);
  }
  return child;
}
