import type { Claims, Grant } from "@halfkey/model";

/** What an entry is about. Never a value, a tag or a description. */
export interface AuditFact {
  /** Access id; "" for what no caller did. */
  who: string;
  /** What the caller's token says of him, as JSON: with one access id for a whole cluster, this names the workload. */
  claims?: string | undefined;
  op: string;
  path?: string;
  /** Where a move went to. */
  to?: string;
  /** Version. */
  v?: number;
  ok: boolean;
  /** Id of the request, as its answer carries it. */
  req?: string;
  /** The deciding rule, as `role pattern`. */
  rule?: string;
  /** Code of a refusal. */
  code?: string;
  /** Further fields of entries that the gateway writes on its own account. */
  more?: Readonly<Record<string, unknown>>;
}

/** The entry's JSON, put together by hand: this is the hot path, and most of it needs no escaping. */
export function entryText(time: number, fact: AuditFact): string {
  const { who, claims, op, path, to, v, ok, req, rule, code, more } = fact;
  let text = `{"t":${time},"who":${JSON.stringify(who)},"op":"${op}"`;
  if (claims !== undefined) text += `,"claims":${claims}`;
  if (path !== undefined) text += `,"path":${JSON.stringify(path)}`;
  if (to !== undefined) text += `,"to":${JSON.stringify(to)}`;
  if (v !== undefined) text += `,"v":${v}`;
  text += ok ? ',"ok":true' : ',"ok":false';
  if (req !== undefined) text += `,"req":"${req}"`;
  if (rule !== undefined) text += `,"rule":${JSON.stringify(rule)}`;
  if (code !== undefined) text += `,"code":"${code}"`;
  if (more !== undefined) text += `,${JSON.stringify(more).slice(1, -1)}`;
  return `${text}}`;
}

const claimsLengthMax = 1024;

/** A token's claims for entries. They say who, so they are cut by whole claims and never left out silently. */
export function claimsText(claims: Claims): string | undefined {
  const all = Object.entries(claims);
  if (all.length === 0) return undefined;
  const whole = JSON.stringify(claims);
  if (whole.length <= claimsLengthMax) return whole;
  const kept: [string, unknown][] = [];
  for (const claim of all) {
    if (JSON.stringify(Object.fromEntries([...kept, claim])).length > claimsLengthMax) continue;
    kept.push(claim);
  }
  return JSON.stringify(Object.fromEntries([...kept, ["…", `${all.length - kept.length} more`]]));
}

export function ruleText(grant: Grant | undefined): string | undefined {
  return grant === undefined ? undefined : `${grant.role} ${grant.rule.pattern}`;
}
