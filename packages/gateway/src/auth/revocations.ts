import { recordKinds, toBase64Url } from "@halfkey/crypto";
import { type Caller, CallerError, type SettingsRecord } from "@halfkey/model";
import type { Deadline } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import { raiseTokenGeneration, withNextGeneration } from "../state/head-control.ts";
import type { WritePlan } from "../state/pending-write.ts";
import type { Writes } from "../state/writes.ts";
import { newGeneration, requireMethod } from "./method-writes.ts";

/** Tokens that the callers of one access id may end themselves. */
const ownPerMinute = 60;
const denialsMax = 1000;
const denialsPerMethodMax = 100;
/** Stands for the method of a token that another caller has ended. */
const unknown = "";
/** A token lives at most a year; a denial is kept a day longer than any token of its day. */
const keptAfterExpiryMs = 24 * 60 * 60 * 1000;
const tokenLifeMaxMs = 366 * 24 * 60 * 60 * 1000;

/** Ends tokens by what their checks read: the settings' denials, a method's generation, the token generation. */
export class Revocations {
  readonly #keyring: Keyring;
  readonly #writes: Writes;
  /** By access id of authenticated callers: as many as there are auth methods. */
  readonly #own = new Map<string, { revoked: number; until: number }>();

  constructor(keyring: Keyring, writes: Writes) {
    this.#keyring = keyring;
    this.#writes = writes;
  }

  /** One token, all of an access id, or, with neither given, all. @throws {CallerError} */
  async run(
    what: { tokenId?: string | undefined; accessId?: string | undefined },
    caller: Caller,
    deadline: Deadline,
  ): Promise<void> {
    const { tokenId, accessId } = what;
    if (tokenId !== undefined && tokenId === caller.tokenId) this.#countOwn(caller.accessId, Date.now());
    const plan = (): WritePlan<void> => {
      if (tokenId !== undefined) return this.#denyToken(tokenId, caller);
      if (accessId !== undefined) return this.#renewMethod(accessId);
      return raiseTokenGeneration(this.#keyring);
    };
    await this.#writes.run(plan, deadline);
  }

  /** Each is an entry of the journal for good, and needs no right but a token. @throws {CallerError} `E_RATE` */
  #countOwn(accessId: string, now: number): void {
    const held = this.#own.get(accessId);
    const count = held !== undefined && held.until > now ? held : { revoked: 0, until: now + 60_000 };
    count.revoked += 1;
    this.#own.set(accessId, count);
    if (count.revoked > ownPerMinute)
      throw new CallerError(
        "E_RATE",
        `an auth method ends at most ${ownPerMinute} of its own tokens a minute`,
      );
  }

  #denyToken(tokenId: string, caller: Caller): WritePlan<void> {
    if (!/^[0-9a-f]{32}$/.test(tokenId))
      throw new CallerError("E_INPUT", "InvalidParam: token-id must be 32 hex digits");
    return {
      claims: [toBase64Url(this.#keyring.recordId(recordKinds.settings, ""))],
      async prepare() {},
      build(view) {
        const settings = view.get<SettingsRecord>(recordKinds.settings, "");
        if (settings === undefined) throw new CallerError("E_NOT_FOUND", "the settings are missing");
        const now = Date.now();
        const standing = settings.deny.filter(({ exp }) => exp + keptAfterExpiryMs > now);
        const deny = [...standing.filter(({ tid }) => tid !== tokenId), denialOf(tokenId, caller, now)];
        const mostOf = busiest(deny);
        if (
          deny.length <= denialsMax &&
          (mostOf.accessId === unknown || mostOf.count <= denialsPerMethodMax)
        ) {
          view.put({ ...settings, deny });
        } else if (mostOf.accessId === unknown) {
          // Of so many tokens nobody knows the method: only the end of all tokens lets none of them live again.
          view.put(withNextGeneration(settings));
        } else {
          // So many denials of one method: its tokens all end, and its denials go.
          const method = requireMethod(view, mostOf.accessId);
          view.put({ ...method, generation: newGeneration(), modified: now });
          view.put({ ...settings, deny: deny.filter(({ aid }) => aid !== mostOf.accessId) });
        }
        return { result: undefined };
      },
    };
  }

  #renewMethod(accessId: string): WritePlan<void> {
    return {
      claims: [toBase64Url(this.#keyring.recordId(recordKinds.authMethod, accessId))],
      async prepare() {},
      build(view) {
        view.put({ ...requireMethod(view, accessId), generation: newGeneration(), modified: Date.now() });
        return { result: undefined };
      },
    };
  }
}

/** Filed under a method only if it is the token's own: an operator may end a token of which he knows no more than its id. */
function denialOf(
  tid: string,
  { accessId, tokenId, expires }: Caller,
  now: number,
): SettingsRecord["deny"][number] {
  const isOwn = tid === tokenId;
  return { tid, aid: isOwn ? accessId : unknown, exp: (isOwn ? expires : undefined) ?? now + tokenLifeMaxMs };
}

function busiest(deny: SettingsRecord["deny"]): { accessId: string; count: number } {
  const counts = new Map<string, number>();
  for (const { aid } of deny) counts.set(aid, (counts.get(aid) ?? 0) + 1);
  let most = { accessId: "", count: 0 };
  for (const [accessId, count] of counts) if (count > most.count) most = { accessId, count };
  return most;
}
