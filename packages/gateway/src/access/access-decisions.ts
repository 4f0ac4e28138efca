import {
  type AccessRule,
  type Caller,
  type Capability,
  type Decision,
  fulfils,
  type Grant,
  type ItemPath,
  Policy,
  parsePattern,
  type RoleAssociation,
  type SubClaims,
  segmentsOf,
} from "@halfkey/model";
import { expiryTime } from "../auth/expiry-time.ts";
import type { Replica } from "../state/replica.ts";
import { DeniedError } from "./denied-error.ts";

/** Who may do something somewhere, by which rule, and with which claims for example. */
export interface Holder {
  access_id: string;
  auth_method: string;
  role: string;
  pattern: string;
  claims: Record<string, string>;
}

export type Wanted = Exclude<Capability, "deny">;

/** Every operation that can be asked about, in the order in which people read them. */
export const wantedOperations: readonly Wanted[] = ["read", "list", "create", "update", "delete"];

/**
 * Who may do what, decided here, on records that the vault can neither read nor forge. Policies are compiled
 * once per access id and version of the roles.
 */
export class AccessDecisions {
  readonly #replica: Replica;
  readonly #policies = new Map<string, Policy>();
  #version = -1;

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  decide(caller: Caller, wanted: Wanted, path: ItemPath): Decision {
    if (this.#replica.isPolicyUnknown || this.#replica.isSuspended(caller.accessId))
      return { allowed: false };
    return this.#policyOf(caller.accessId).decide(path, wanted, caller.claims, expiryTime());
  }

  allows(caller: Caller, wanted: Wanted, path: ItemPath): boolean {
    return this.decide(caller, wanted, path).allowed;
  }

  /** @throws {CallerError} `E_DENIED`, the same text for every path and whether or not it exists. */
  require(caller: Caller, wanted: Wanted, path: ItemPath): Decision {
    const decision = this.decide(caller, wanted, path);
    if (!decision.allowed) throw denied(caller, path, decision);
    return decision;
  }

  /**
   * Of many things those that some rule of the caller could be about. Ask this before anything the caller has said of
   * them: then whatever lies elsewhere costs the same whether it fits his question or not, and time does not tell
   * what is there.
   */
  *within<T>(caller: Caller, all: Iterable<T>, pathOf: (one: T) => string): IterableIterator<T> {
    const { roots } = this.#policyOf(caller.accessId);
    for (const one of all) {
      const path = pathOf(one);
      if (roots.some((root) => path.startsWith(root))) yield one;
    }
  }

  /** The capabilities of a caller at a path, for descriptions. */
  capabilitiesAt(caller: Caller, path: ItemPath): Wanted[] {
    const all: Wanted[] = ["read", "list", "update", "delete", "create"];
    return all.filter((wanted) => this.allows(caller, wanted, path));
  }

  /**
   * The auth methods that could do an operation at a path, with the claims they would need; a deny under the
   * same claims is taken into account, templates count as not filled.
   */
  holdersOf(wanted: Wanted, path: ItemPath): Holder[] {
    const holders: Holder[] = [];
    for (const role of this.#replica.index.roles()) {
      for (const association of role.associations) {
        const claims = exampleClaims(association, path, role.rules);
        const caller = { accessId: association.accessId, tokenId: "", claims };
        const { allowed, grant } = this.decide(caller, wanted, path);
        if (!allowed || grant?.role !== role.name) continue;
        const name = this.#replica.index.method(association.accessId)?.name ?? "";
        holders.push({
          access_id: association.accessId,
          auth_method: name,
          role: role.name,
          pattern: grant.rule.pattern,
          claims,
        });
      }
    }
    return holders;
  }

  /** Whether the caller holds a role that manages roles, auth methods and settings. */
  isAdmin(caller: Caller): boolean {
    if (this.#replica.isSuspended(caller.accessId)) return false;
    for (const role of this.#replica.index.roles()) {
      const holds = role.associations.some(
        (one) =>
          one.accessId === caller.accessId && !this.#isVoid(one) && fulfils(caller.claims, subClaimsOf(one)),
      );
      if (role.admin && holds) return true;
    }
    return false;
  }

  #policyOf(accessId: string): Policy {
    const { index } = this.#replica;
    if (this.#version !== index.policyVersion) {
      this.#policies.clear();
      this.#version = index.policyVersion;
    }
    let policy = this.#policies.get(accessId);
    if (policy === undefined) {
      policy = new Policy(this.#grantsOf(accessId));
      this.#policies.set(accessId, policy);
    }
    return policy;
  }

  /** Made before its method asked for claims in every association, or changed since: it gives nothing, but still denies. */
  #isVoid({ accessId, subClaims }: RoleAssociation): boolean {
    const method = this.#replica.index.method(accessId);
    return method?.forceSubClaims === true && Object.keys(subClaims).length === 0;
  }

  *#grantsOf(accessId: string): Iterable<Grant> {
    for (const role of this.#replica.index.roles()) {
      for (const association of role.associations) {
        if (association.accessId !== accessId) continue;
        const subClaims = subClaimsOf(association);
        const isVoid = this.#isVoid(association);
        for (const rule of role.rules)
          if (!isVoid || rule.capabilities.includes("deny")) yield { role: role.name, rule, subClaims };
      }
    }
  }
}

/** Claims that fulfil an association, and fill its role's templates so that they cover the path. */
function exampleClaims(
  association: RoleAssociation,
  path: ItemPath,
  rules: readonly AccessRule[],
): Record<string, string> {
  const claims: Record<string, string> = {};
  const parts = segmentsOf(path);
  for (const { pattern } of rules) {
    try {
      parsePattern(pattern).segments.forEach((segment, at) => {
        if (segment.kind === "claim" && parts[at] !== undefined) claims[segment.name] = parts[at];
      });
    } catch {
      // A rule that does not parse denies everything: decide will say so.
    }
  }
  const { values, caseSensitive } = subClaimsOf(association);
  for (const [name, wanted] of Object.entries(values)) {
    // What a template needs may already be one of the values that are asked for.
    if (!fulfils(claims, { values: { [name]: wanted }, caseSensitive })) claims[name] = wanted[0] ?? "";
  }
  return claims;
}

export function subClaimsOf({ subClaims, caseInsensitive }: RoleAssociation): SubClaims {
  return { values: subClaims, caseSensitive: caseInsensitive !== true };
}

/** @param path What it was about, and the decision on it, for the audit log alone. */
export function denied(caller: Caller, path?: ItemPath, decision?: Decision): DeniedError {
  return new DeniedError(caller.accessId, {
    ...(path === undefined ? {} : { path }),
    grant: decision?.grant,
  });
}
