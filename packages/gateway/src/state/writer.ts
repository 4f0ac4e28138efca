import {
  buildEntry,
  equalConstantTime,
  type JournalEntry,
  type JournalState,
  type Operation,
  operations,
  purposes,
  sealRecord,
  sha256,
  toBase64Url,
  zero32,
} from "@halfkey/crypto";
import { CallerError, HalfkeyError, OperatorError, type RecordContent } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { type AppendRequest, vaultLimits } from "@halfkey/wire";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";
import type { Alarms } from "./alarms.ts";
import { type EpochPair, epochsOf } from "./epoch-pair.ts";
import { Draft, GroupView, NotSettled } from "./group-view.ts";
import type { JournalFile } from "./journal-file.ts";
import type { Mutex } from "./mutex.ts";
import { PendingWrite, type WritePlan } from "./pending-write.ts";
import type { Replica } from "./replica.ts";
import { applyEntry, frozen, type Sync } from "./sync.ts";

export interface WriterParts {
  keyring: Keyring;
  replica: Replica;
  journal: JournalFile;
  api: VaultApi;
  alarms: Alarms;
  sync: Sync;
  writeMutex: Mutex;
  log: Log;
}

/** Between two attempts to learn an entry's fate. */
const retryMs = { least: 50, most: 1000 };

interface Sealed {
  entry: JournalEntry;
  after: JournalState;
  request: AppendRequest;
  contents: [string, RecordContent][];
  epochs: EpochPair;
}

/**
 * Turns waiting writes into journal entries: all that wait form one, a lone one is not delayed. Builds no new
 * entry while the fate of one is open, and acknowledges only what is durable in both halves.
 *
 * @see docs/cryptography.md, "Write"
 */
export class Writer {
  readonly #parts: WriterParts;
  #queue: PendingWrite[] = [];
  #draining: Promise<void> | undefined;
  #stopping = false;
  /** Hashes of entries signed here whose fate is open, from before a crash too. */
  readonly #openHashes = new Set<string>();

  constructor(parts: WriterParts, openEntries: readonly JournalEntry[]) {
    this.#parts = parts;
    for (const { hash } of openEntries) this.#openHashes.add(toBase64Url(hash));
  }

  isOurs(entry: JournalEntry): boolean {
    return this.#openHashes.has(toBase64Url(entry.hash));
  }

  /**
   * Resolves once the write is durable in both halves. Rejects with the plan's own error; with `E_VAULT` if it
   * was not begun in time, `E_CONFLICT` if others were faster until then, `E_UNKNOWN` if its fate is open.
   */
  async submit<R>(plan: WritePlan<R>, deadline: Deadline): Promise<R> {
    if (this.#parts.alarms.frozen) throw frozen(this.#parts.alarms);
    await deadline.limit(plan.prepare(deadline));
    if (this.#stopping) throw new OperatorError("E_SEALED", "this gateway is stopping");
    const pending = new PendingWrite(plan as WritePlan<unknown>, deadline, () => {
      this.#queue = this.#queue.filter((one) => one !== pending);
    });
    this.#queue.push(pending);
    this.#drain();
    return (await pending.outcome) as R;
  }

  /** Lets what is being written come to its end; new writes are refused. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const pending of this.#queue.splice(0))
      pending.reject(new OperatorError("E_SEALED", "this gateway is stopping"));
    await this.#draining;
  }

  #drain(): void {
    this.#draining ??= (async () => {
      while (this.#queue.length > 0) await this.#parts.writeMutex.hold(() => this.#commitGroup());
    })().finally(() => {
      this.#draining = undefined;
      if (this.#queue.length > 0) this.#drain();
    });
  }

  async #commitGroup(): Promise<void> {
    const { group, writes } = this.#gather();
    if (writes.length === 0) return;
    try {
      // What turned out to have nothing to change needs no entry.
      if (group.operationCount === 0) {
        for (const write of writes) write.resolve();
        return;
      }
      const sealed = this.#seal(group);
      const ours = await this.#append(sealed);
      if (ours) for (const write of writes) write.resolve();
      else for (const write of writes) this.#requeue(write);
    } catch (error) {
      for (const write of writes) write.reject(error);
    }
  }

  /** Takes waiting writes in order, each against this head and the ones before it; the rest waits for the next entry. */
  #gather(): { group: Draft; writes: PendingWrite[] } {
    const { replica, keyring, alarms } = this.#parts;
    const group = new Draft();
    const writes: PendingWrite[] = [];
    const claimed = new Set<string>();
    let bytes = 0;
    const waiting = this.#queue.splice(0);
    const later: PendingWrite[] = [];
    for (const pending of waiting) {
      if (pending.settled) continue;
      if (alarms.frozen) {
        pending.reject(frozen(alarms));
        continue;
      }
      const { claims } = pending.plan;
      const full = group.operationCount + 8 > vaultLimits.operations || bytes > vaultLimits.appendBytes / 2;
      if (full || claims.some((claim) => claimed.has(claim))) {
        later.push(pending);
        continue;
      }
      const view = new GroupView(replica, keyring, group);
      try {
        const built = pending.plan.build(view);
        if (built === "stale") {
          this.#prepareAgain(pending);
          continue;
        }
        const { draft } = view;
        for (const claim of claims) claimed.add(claim);
        if (!fits(draft.operationCount, draft.bytes)) {
          pending.reject(
            new CallerError("E_TOO_LARGE", "this change is too large for one entry: make it in parts"),
          );
          continue;
        }
        // One write too many would be refused with all the others: it waits for an entry that has room.
        if (!fits(group.operationCount + draft.operationCount, bytes + draft.bytes)) {
          later.push(pending);
          continue;
        }
        bytes += draft.bytes;
        pending.begin(built.result);
      } catch (error) {
        if (isUnsettled(error, replica)) this.#prepareAgain(pending);
        else pending.reject(error);
        continue;
      }
      group.addAll(view.draft);
      writes.push(pending);
    }
    this.#queue = [...later, ...this.#queue];
    return { group, writes };
  }

  #seal(group: Draft): Sealed {
    const { keyring, replica } = this.#parts;
    const { state, settings } = replica;
    const root = keyring.root(purposes.record, settings.epoch, settings.vaultEpoch);
    if (root === undefined) throw new OperatorError("E_EPOCH", "the current epoch is not loaded here");
    const epochs = epochsOf(settings);
    const contents: [string, RecordContent][] = [];
    const records: [Buffer, Buffer][] = [];
    const changes: Operation[] = [...group.operations];
    for (const [key, { id, content }] of group.puts) {
      const whole = { ...content, n: state.seq } as RecordContent;
      const sealed = sealRecord({
        account: keyring.account,
        id,
        ...epochs,
        root,
        hedge: keyring.hedge,
        content: whole,
      });
      contents.push([key, whole]);
      records.push([id, sealed]);
      changes.push({ op: operations.putRecord, id, value: sha256(sealed) });
    }
    for (const id of group.deletes.values()) changes.push({ op: operations.deleteRecord, id, value: zero32 });
    const entry = buildEntry({
      state,
      operations: changes,
      time: Date.now(),
      writer: keyring.instance,
      signingKey: keyring.signingKey,
    });
    return {
      entry,
      after: applyEntry(state, entry),
      contents,
      epochs,
      request: {
        entry: toBase64Url(entry.bytes),
        records: records.map(([id, bytes]) => [toBase64Url(id), toBase64Url(bytes)]),
        blobs: group.blobs.map(([blob, owner, bytes]) => [blob, owner, toBase64Url(bytes)]),
        own: group.own,
        drop: group.drop,
      },
    };
  }

  /** @returns whether the entry is in the chain; `false`: another was first, and the writes are to be built anew. */
  async #append(sealed: Sealed): Promise<boolean> {
    const { journal, api, sync, replica, log } = this.#parts;
    const { entry, request } = sealed;
    const hash = toBase64Url(entry.hash);
    // On disk before it is sent: after a crash it must be known as ours, whatever the vault shows.
    await journal.appendOpen(entry, decodedRecords(request));
    this.#openHashes.add(hash);
    for (let attempt = 0; ; attempt += 1) {
      try {
        if ((await api.append(request, Deadline.in(requestBudgetMs))) === "appended") {
          await this.#publishOwn(sealed);
          return true;
        }
      } catch (error) {
        if (!isTransport(error)) throw error;
        log.warn({ seq: entry.seq, attempt }, "an append got no answer: its fate is being found out");
      }
      try {
        await sync.holdingMutex();
      } catch (error) {
        if (!isTransport(error)) throw error;
      }
      if (replica.seq >= entry.seq) {
        this.#openHashes.delete(hash);
        const standing = replica.hashAt(entry.seq);
        return standing !== undefined && equalConstantTime(standing, entry.hash);
      }
      if (this.#stopping)
        throw new OperatorError("E_UNKNOWN", "this gateway stops before the change's fate is known");
      await pause(attempt);
    }
  }

  async #publishOwn({ entry, after, contents, epochs }: Sealed): Promise<void> {
    const { journal, replica } = this.#parts;
    try {
      await journal.accept(entry);
    } catch (cause) {
      // It stands at the vault, but this disk could forget it: the next sync brings it back.
      throw new OperatorError("E_UNKNOWN", "the change stands at the vault, but could not be recorded here", {
        cause,
      });
    }
    replica.publish(entry, after);
    for (const [key, content] of contents) replica.acceptOwn(key, { content, epochs });
    this.#openHashes.delete(toBase64Url(entry.hash));
  }

  #requeue(write: PendingWrite): void {
    write.lost();
    if (!write.settled) this.#queue.push(write);
  }

  /** Another version or epoch than expected, or a record under way: the write comes back when it is ready. */
  #prepareAgain(write: PendingWrite): void {
    void (async () => {
      try {
        if (this.#parts.replica.fetching) await this.#parts.sync.begunAfterNow();
        await write.plan.prepare(write.deadline);
        if (write.settled) return;
        this.#queue.push(write);
        this.#drain();
      } catch (error) {
        write.reject(error);
      }
    })();
  }
}

function fits(operationCount: number, bytes: number): boolean {
  return operationCount <= vaultLimits.operations && bytes <= vaultLimits.appendBytes;
}

/** A refusal while a record is being fetched may be due to nothing else: a role's holders have no rights meanwhile. */
function isUnsettled(error: unknown, replica: Replica): boolean {
  return (
    error instanceof NotSettled ||
    (replica.fetching && error instanceof HalfkeyError && error.code === "E_DENIED")
  );
}

function isTransport(error: unknown): boolean {
  return error instanceof OperatorError && (error.code === "E_VAULT" || error.code === "E_CLOCK");
}

function decodedRecords(request: AppendRequest): [Buffer, Buffer][] {
  return request.records.map(([id, bytes]) => [
    Buffer.from(id, "base64url"),
    Buffer.from(bytes, "base64url"),
  ]);
}

function pause(attempt: number): Promise<void> {
  const most = Math.min(retryMs.most, retryMs.least * 2 ** Math.min(attempt, 10));
  return new Promise((resolve) => setTimeout(resolve, most * (0.5 + Math.random() / 2)));
}
