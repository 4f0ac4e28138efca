import type { Grant } from "@halfkey/model";

/** What an entry is about. Never a value, a tag or a description. */
export interface AuditFact {
  /** Access id; "" for what no caller did. */
  who: string;
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
  const { who, op, path, to, v, ok, req, rule, code, more } = fact;
  let text = `{"t":${time},"who":${JSON.stringify(who)},"op":"${op}"`;
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

export function ruleText(grant: Grant | undefined): string | undefined {
  return grant === undefined ? undefined : `${grant.role} ${grant.rule.pattern}`;
}
