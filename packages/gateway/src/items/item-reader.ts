import { bucketSize, recordKinds, sha256, toBase64Url, wipe } from "@halfkey/crypto";
import {
  type Caller,
  CallerError,
  type Grant,
  type ItemPath,
  type ItemRecord,
  type ItemVersion,
  OperatorError,
} from "@halfkey/model";
import type { AccessDecisions } from "../access/access-decisions.ts";
import { denied } from "../access/access-decisions.ts";
import type { Deadline } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { Alarms } from "../state/alarms.ts";
import type { Freshness } from "../state/contacts.ts";
import type { Replica } from "../state/replica.ts";
import { frozen, type Sync } from "../state/sync.ts";
import type { FragmentRequests, OpenAnswer } from "../vault-client/fragment-requests.ts";
import { openValue, unwrapDataKey, type WrappedKey, wrapContext } from "./value-versions.ts";

export interface ReaderParts {
  keyring: Keyring;
  replica: Replica;
  alarms: Alarms;
  sync: Sync;
  freshness: Freshness;
  access: AccessDecisions;
  fragments: FragmentRequests;
}

/** What a read is about, at one head. */
interface Found {
  item: ItemRecord;
  version: ItemVersion;
  id: Buffer;
  /** The head this was evaluated at. */
  seq: number;
  /** The rule that allowed it. */
  grant: Grant | undefined;
}

/** What was read, of which version, and by which rule. */
export type Read<T> = T & { version: number; grant: Grant | undefined };

interface Opened {
  found: Found;
  wrapped: WrappedKey;
  share: Buffer;
  blob: Buffer;
}

const nullBlobsMax = 3;
/** All values of one request: each exists several times over until it is sent. */
const requestValuesBytesMax = 16 * 1024 * 1024;

/**
 * Reads values. Access is decided on the customer side before the vault is asked for anything, and again when
 * the vault's answer shows that the account has moved on meanwhile: a read after a write sees it.
 *
 * @see docs/cryptography.md, "Read"
 */
export class ItemReader {
  readonly #parts: ReaderParts;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  /**
   * @param versionNumber 0 for the latest.
   * @returns the value; the caller overwrites it after use.
   * @throws {CallerError} `E_DENIED`, `E_NOT_FOUND`, `E_DISABLED`; {OperatorError} otherwise.
   */
  async readValue(
    caller: Caller,
    path: ItemPath,
    versionNumber: number,
    deadline: Deadline,
  ): Promise<Read<{ value: Buffer }>> {
    const { found, wrapped, share, blob } = await this.#open(caller, path, versionNumber, deadline);
    const dataKey = unwrapDataKey(this.#parts.keyring, wrapped, share);
    try {
      return { value: openValue(dataKey, blob, found.version), version: found.version.v, grant: found.grant };
    } finally {
      wipe(dataKey);
    }
  }

  /**
   * Refuses what would take too much memory to be read at once. What the caller may not read counts for nothing:
   * that it is there must not be told by its size.
   *
   * @throws {CallerError} `E_TOO_LARGE`
   */
  requireRoom(caller: Caller, paths: readonly ItemPath[], versionNumber: number): void {
    if (paths.length < 2) return;
    let bytes = 0;
    for (const path of paths) {
      const found = this.#evaluate(caller, path, versionNumber);
      if (!(found instanceof Error)) bytes += found.version.len;
    }
    if (bytes > requestValuesBytesMax) {
      throw new CallerError(
        "E_TOO_LARGE",
        `these values have more than ${requestValuesBytesMax} bytes together: ask for fewer names at once`,
      );
    }
  }

  /**
   * The key of one version, for callers that open its envelope themselves: the value never exists here.
   *
   * @returns the key; the caller overwrites it after use.
   * @throws as {@link readValue}
   */
  async deriveKey(
    caller: Caller,
    path: ItemPath,
    versionNumber: number,
    deadline: Deadline,
  ): Promise<Read<{ key: Buffer }>> {
    const { found, wrapped, share } = await this.#open(caller, path, versionNumber, deadline);
    return {
      key: unwrapDataKey(this.#parts.keyring, wrapped, share),
      version: found.version.v,
      grant: found.grant,
    };
  }

  /** The ciphertext of one version, checked against the index. @throws as {@link readValue} */
  async readEnvelope(
    caller: Caller,
    path: ItemPath,
    versionNumber: number,
    deadline: Deadline,
  ): Promise<Read<{ blob: Buffer; length: number; sha256: string }>> {
    const { found, share, blob } = await this.#open(caller, path, versionNumber, deadline);
    wipe(share);
    if (toBase64Url(sha256(blob)) !== found.version.sha)
      throw new OperatorError("E_BLOB", "the vault altered this version's ciphertext");
    return {
      blob,
      length: found.version.len,
      sha256: found.version.sha,
      version: found.version.v,
      grant: found.grant,
    };
  }

  /** The read rules 1 to 5: what the vault gives for a version that is still the one to be read. */
  async #open(caller: Caller, path: ItemPath, versionNumber: number, deadline: Deadline): Promise<Opened> {
    const { fragments, keyring, alarms } = this.#parts;
    let found = await this.#find(caller, path, versionNumber, deadline);
    let first = true;
    for (let nullBlobs = 0; ; ) {
      const wrapped = wrapContext(keyring, found.id, found.version);
      const { blob, len } = found.version;
      const answer = await deadline.limit(fragments.open({ x: wrapped.x, blob, blobBytes: bucketSize(len) }));
      const again = await this.#afterAnswer(answer, found, first, deadline);
      first = false;
      if (again === "current" && answer.blob !== null)
        return { found, wrapped, share: answer.share, blob: answer.blob };
      const now = again === "current" ? found : await this.#find(caller, path, versionNumber, deadline);
      const same = isSame(now, found);
      found = now;
      if (same && answer.blob !== null) return { found, wrapped, share: answer.share, blob: answer.blob };
      if (answer.blob !== null) continue;
      if (same && (again !== "moved" || alarms.frozen))
        throw new OperatorError("E_BLOB", "the vault has lost this version's ciphertext");
      nullBlobs += 1;
      if (nullBlobs === nullBlobsMax) throw new OperatorError("E_VAULT", "the vault's answers do not settle");
    }
  }

  /** Decides, then looks up, with the freshness that a negative answer needs. Synchronous where all is well. */
  async #find(caller: Caller, path: ItemPath, versionNumber: number, deadline: Deadline): Promise<Found> {
    const { freshness } = this.#parts;
    this.#refuseIfFrozenTooLong();
    await freshness.settled(deadline);
    const found = this.#evaluate(caller, path, versionNumber);
    if (!(found instanceof Error)) return found;
    await freshness.beforeNegative(deadline);
    const again = this.#evaluate(caller, path, versionNumber);
    if (again instanceof Error) throw again;
    return again;
  }

  #evaluate(caller: Caller, path: ItemPath, versionNumber: number): Found | CallerError | OperatorError {
    const { replica, access, keyring } = this.#parts;
    if (replica.isPolicyUnknown) return policyUnknown();
    const decision = access.decide(caller, "read", path);
    if (!decision.allowed) return denied(caller, path, decision);
    const id = keyring.recordId(recordKinds.item, path);
    const poisoned = replica.poisonedCode(toBase64Url(id));
    if (poisoned !== undefined) {
      return new OperatorError(
        poisoned === "fetching" ? "E_STATE" : poisoned,
        "the item's current record is not known",
      );
    }
    const item = replica.index.item(path);
    if (item === undefined) return notFound(path);
    if (item.disabled) return new CallerError("E_DISABLED", `item ${path} is disabled`);
    const version =
      versionNumber === 0 ? item.versions.at(-1) : item.versions.find(({ v }) => v === versionNumber);
    if (version === undefined) return notFound(path, versionNumber);
    return { item, version, id, seq: replica.seq, grant: decision.grant };
  }

  /**
   * Steps 3 to 5 of the read rules.
   *
   * @returns `current`: the answer counts; `moved` or `unmoved`: evaluate again, after a sync that did or did not
   *   bring entries.
   */
  async #afterAnswer(
    answer: OpenAnswer,
    found: Found,
    first: boolean,
    deadline: Deadline,
  ): Promise<"current" | "moved" | "unmoved"> {
    const { alarms, sync, replica } = this.#parts;
    if (answer.seq < answer.ownSeqWhenSent) {
      await alarms.raise(
        "E_ROLLBACK",
        `the vault's head is ${answer.seq}, ours was ${answer.ownSeqWhenSent}`,
      );
    }
    if (alarms.frozen) return answer.blob === null ? "unmoved" : "current";
    if (answer.blob === null) {
      const before = replica.seq;
      await deadline.limit(sync.begunAfterNow());
      return replica.seq === before ? "unmoved" : "moved";
    }
    if (!first || answer.seq <= found.seq) return "current";
    if (replica.seq < answer.seq) {
      await deadline.limit(sync.reach(answer.seq));
      if (replica.seq < answer.seq)
        throw new OperatorError("E_VAULT", "the vault names entries that it does not show");
    }
    return "moved";
  }

  #refuseIfFrozenTooLong(): void {
    const { alarms, replica } = this.#parts;
    if (!alarms.frozen) return;
    if (alarms.ageMs(Date.now()) > replica.settings.maxFrozenReads * 1000) throw frozen(alarms);
  }
}

function isSame(one: Found, other: Found): boolean {
  return (
    one.version.v === other.version.v &&
    one.version.blob === other.version.blob &&
    one.version.wrap === other.version.wrap
  );
}

/** The same for every path, as it is no decision on any. */
export function policyUnknown(): OperatorError {
  return new OperatorError("E_STATE", "records are missing that may be roles: nothing can be decided");
}

export function notFound(path: string, version = 0): CallerError {
  const what = version === 0 ? `item ${path}` : `version ${version} of item ${path}`;
  return new CallerError(
    "E_NOT_FOUND",
    `Status 404 Not Found, Error: NotFound. Message: failed to obtain ${what}`,
  );
}
