import {
  equalConstantTime,
  fromBase64Url,
  randomBytes,
  recordKinds,
  sha256,
  toBase64Url,
  toHex,
} from "@halfkey/crypto";
import { CallerError, OperatorError, type SettingsRecord } from "@halfkey/model";
import type { HeadAcceptReply, HeadPushReply, HeadShowReply } from "@halfkey/wire";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import type { Keyring } from "../fragment/keyring.ts";
import type { VaultApi } from "../vault-client/vault-api.ts";
import type { Alarms } from "./alarms.ts";
import { fetchChain } from "./fetch-chain.ts";
import type { Unsealed } from "./group-view.ts";
import type { JournalFile } from "./journal-file.ts";
import type { Mutex } from "./mutex.ts";
import type { WritePlan } from "./pending-write.ts";
import { pushChain } from "./push-chain.ts";
import type { Replica } from "./replica.ts";
import type { Sync } from "./sync.ts";
import type { Writer } from "./writer.ts";

export interface HeadControlParts {
  keyring: Keyring;
  replica: Replica;
  journal: JournalFile;
  api: VaultApi;
  alarms: Alarms;
  sync: Sync;
  writer: Writer;
  writeMutex: Mutex;
}

/** The operator's three words on an alarm: look, give in to the vault, or give the vault what it lacks. */
export class HeadControl {
  readonly #parts: HeadControlParts;

  constructor(parts: HeadControlParts) {
    this.#parts = parts;
  }

  /** Both heads, side by side. */
  async show(): Promise<HeadShowReply> {
    const { replica, alarms, api } = this.#parts;
    const alarm = alarms.current;
    const own = { seq: replica.seq, hash: toHex(replica.state.hash) };
    try {
      const { seq, entry } = await api.head(Deadline.in(requestBudgetMs));
      const hash = entry === null ? "" : toHex(sha256(fromBase64Url(entry)));
      return { own, vault: { seq, hash }, alarm: alarm ?? null, poisoned: replica.poisonedCount };
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      return {
        own,
        vault: null,
        vaultError: error.message,
        alarm: alarm ?? null,
        poisoned: replica.poisonedCount,
      };
    }
  }

  /**
   * Takes the vault's present chain for the truth, after verifying it from entry 0 on. All tokens end, because
   * revocations after its head are undone.
   *
   * @param expected What the operator saw: another head than that is refused.
   */
  async accept(expected: { seq: number; hash: string }): Promise<HeadAcceptReply> {
    const { replica, journal, api, alarms, sync, writer, writeMutex, keyring } = this.#parts;
    if (!alarms.frozen) throw new CallerError("E_CONFLICT", "no alarm stands: there is nothing to accept");
    const before = replica.seq;
    await writeMutex.hold(async () => {
      const { state, entries } = await fetchChain(api, keyring);
      if (state.seq !== expected.seq || toHex(state.hash) !== expected.hash) {
        throw new CallerError(
          "E_CONFLICT",
          `the vault's head is now ${state.seq} ${toHex(state.hash)}: look again before you accept`,
        );
      }
      // Before the older history counts: should what follows fail, the tokens have ended here all the same.
      await alarms.refuseTokensBefore(Date.now());
      await journal.replaceWith(entries, asideName(journal));
      replica.restartFrom(state, entries);
      await alarms.clear();
    });
    await sync.begunAfterNow();
    await writer.submit(raiseTokenGeneration(keyring), Deadline.in(10_000));
    await alarms.refuseTokensBefore(0);
    return {
      seq: replica.seq,
      undone: Math.max(0, before - expected.seq),
      warning:
        "Revocations and changes after this head are undone: check roles and auth methods. Every token has ended.",
    };
  }

  /** Gives a vault that was restored from an older backup the entries and records it lacks. */
  async push(): Promise<HeadPushReply> {
    const { replica, journal, api, alarms, sync, writeMutex } = this.#parts;
    const pushed = await writeMutex.hold(async () =>
      pushChain({ api, contents: await journal.contents(), replica }),
    );
    // The sync judges whether the vault now continues our head; if so, an alarm of a rollback ends.
    if (alarms.heals) await sync.begunAfterNow();
    else if (alarms.frozen && (await this.#vaultHasOurHead())) {
      await alarms.clear();
      await sync.begunAfterNow();
    }
    return pushed;
  }

  async #vaultHasOurHead(): Promise<boolean> {
    const { replica, api } = this.#parts;
    const { entries } = await api.journal(replica.seq, Deadline.in(requestBudgetMs));
    const [first] = entries;
    return first !== undefined && equalConstantTime(sha256(first), replica.state.hash);
  }
}

/** A new key and a new number: what was issued before ends everywhere. */
export function raiseTokenGeneration(keyring: Keyring): WritePlan<void> {
  return {
    claims: [toBase64Url(keyring.recordId(recordKinds.settings, ""))],
    async prepare() {},
    build(view) {
      const settings = view.get<SettingsRecord>(recordKinds.settings, "");
      if (settings === undefined) throw new OperatorError("E_STATE", "the settings record is missing");
      view.put(withNextGeneration(settings));
      return { result: undefined };
    },
  };
}

export function withNextGeneration(settings: Unsealed<SettingsRecord>): Unsealed<SettingsRecord> {
  const tokenGen = settings.tokenGen + 1;
  return { ...settings, tokenGen, tokenKeys: { [tokenGen]: toBase64Url(randomBytes(32)) }, deny: [] };
}

function asideName(journal: JournalFile): string {
  return `${journal.file}.rejected-${new Date().toISOString().replaceAll(":", "")}`;
}
