import { join } from "node:path";
import { randomBytes } from "@halfkey/crypto";
import { type ErrorCode, OperatorError } from "@halfkey/model";
import type { Log } from "@halfkey/runtime";
import { AccessDecisions } from "./access/access-decisions.ts";
import { Audit } from "./audit/audit.ts";
import { AuditAnchor } from "./audit/audit-anchor.ts";
import { logKeysFrom } from "./audit/audit-keys.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { JwksCache } from "./auth/jwks-cache.ts";
import { JwtProver } from "./auth/jwt.ts";
import { KubernetesProver } from "./auth/kubernetes.ts";
import { Outbound } from "./auth/outbound.ts";
import { Revocations } from "./auth/revocations.ts";
import { type BackupPlan, BackupSchedule } from "./backup/backup-schedule.ts";
import { blobsOf } from "./backup/blobs-of.ts";
import type { BackupSource } from "./backup/bundle-lines.ts";
import { completeRecords } from "./backup/complete-records.ts";
import { type RecoveryState, RecoveryStatus } from "./backup/recovery-status.ts";
import { Deadline, requestBudgetMs } from "./deadline.ts";
import type { FragmentStore } from "./fragment/fragment-store.ts";
import { Keyring } from "./fragment/keyring.ts";
import { withVault } from "./fragment/vault-address.ts";
import { ItemReader } from "./items/item-reader.ts";
import { Purge } from "./items/purge.ts";
import { Tombstones } from "./items/tombstones.ts";
import type { Nudge, NudgeState } from "./nudge/nudge.ts";
import type { NudgeMetrics } from "./nudge/nudge-metrics.ts";
import type { NudgeOptions } from "./nudge/nudge-options.ts";
import { backupEvidence } from "./rotation/backup-evidence.ts";
import { Rotation } from "./rotation/rotation.ts";
import { RotationWorker } from "./rotation/rotation-worker.ts";
import type { Services } from "./services.ts";
import { type Alarm, Alarms, isAlarmCode } from "./state/alarms.ts";
import { Contacts, Freshness } from "./state/contacts.ts";
import { HeadControl } from "./state/head-control.ts";
import { HeadWatch } from "./state/head-watch.ts";
import { type LocalState, loadLocalState, snapshotFileIn } from "./state/local-state.ts";
import { Mutex } from "./state/mutex.ts";
import { saveSnapshot } from "./state/snapshot.ts";
import { Sync } from "./state/sync.ts";
import { adoptVaultEpochs, checkSettings, checkVaultFragment } from "./state/vault-check.ts";
import { Writer } from "./state/writer.ts";
import { Writes } from "./state/writes.ts";
import { FragmentRequests } from "./vault-client/fragment-requests.ts";
import { VaultApi } from "./vault-client/vault-api.ts";
import { VaultClient } from "./vault-client/vault-client.ts";

const snapshotEveryMs = 10 * 60_000;
const startRetryMs = 500;
/** A backup is overdue after so many of its intervals. */
const overdueAfter = 2;
/** At start these do not get better by waiting: the operator has the wrong file, or the wrong vault. */
const fatalCodes: readonly ErrorCode[] = ["E_KEY", "E_CHECK", "E_INPUT"];

export interface GatewayStatus {
  ready: boolean;
  unsealed: boolean;
  vaultAnswers: boolean;
  /** Why it is not ready. */
  reason: Error | undefined;
  alarm: Alarm | undefined;
  seq: number;
  head: Uint8Array | undefined;
  items: number;
  /** Records whose current content is not known. */
  poisoned: number;
  /** Audit entries that wait to be sent on, at the target that is furthest behind. */
  auditBehind: number;
  /** Records that a rotation has left to seal anew. */
  rotationLeft: number;
  recovery: RecoveryState;
  /** Backups that failed since the start. */
  backupFailures: number;
  /** Entries that this process had to catch up with when it started. */
  missed: number;
  /** Absent: it is off. */
  nudge: NudgeState | undefined;
}

/**
 * The on-premise half, unsealed: wires the parts together and brings them up in the one order that is safe:
 * own memory, the vault's fragment, root keys, index, self-test, own instance record. Not ready before.
 */
export class Gateway {
  readonly keyring: Keyring;
  readonly #folder: string;
  readonly #log: Log;
  readonly #client: VaultClient;
  readonly #api: VaultApi;
  readonly #local: LocalState;
  readonly #alarms: Alarms;
  readonly #mutex = new Mutex();
  readonly #sync: Sync;
  readonly #writer: Writer;
  readonly #watch: HeadWatch;
  readonly #services: Services;
  readonly #audit: Audit;
  readonly #anchor: AuditAnchor;
  readonly #purge: Purge;
  readonly #rotation: RotationWorker;
  readonly #fragment: FragmentStore;
  readonly #outbound: Outbound;
  readonly #ca: string | undefined;
  readonly #recovery: RecoveryStatus;
  readonly #backups: BackupSchedule | undefined;
  #missed = 0;
  readonly #nudgeOptions: NudgeOptions | undefined;
  #nudge: Nudge | undefined;
  #ready = false;
  #booted = false;
  #stopped = false;
  #recordsOpened = false;
  #reason: Error | undefined;
  #selfTest: Promise<void> | undefined;
  #snapshotTimer: NodeJS.Timeout | undefined;
  #snapshotSeq = -1;

  private constructor(parts: {
    folder: string;
    fragment: FragmentStore;
    keyring: Keyring;
    local: LocalState;
    ca: string | undefined;
    log: Log;
    auditSync?: boolean;
    backups?: BackupPlan | undefined;
    nudge?: NudgeOptions | undefined;
    auditForward?: readonly string[];
    onClone: () => void;
  }) {
    const { folder, keyring, local, ca, log } = parts;
    const { replica, journal } = local;
    this.#folder = folder;
    this.#ca = ca;
    this.#nudgeOptions = parts.nudge;
    this.#fragment = parts.fragment;
    this.keyring = keyring;
    this.#local = local;
    this.#log = log;
    this.#client = new VaultClient({
      url: keyring.vaultUrl,
      ca,
      instance: keyring.instance,
      key: keyring.vaultKey,
    });
    const contacts = new Contacts();
    this.#api = new VaultApi(this.#client, contacts.note);
    this.#alarms = new Alarms(join(folder, "alarm.json"), log);
    const shared = {
      keyring,
      replica,
      journal,
      api: this.#api,
      alarms: this.#alarms,
      writeMutex: this.#mutex,
      log,
    };
    this.#sync = new Sync({
      ...shared,
      isOurs: (entry) => this.#writer.isOurs(entry),
      hasBooted: () => this.#booted,
      followVaultEpochs: () => this.#followVaultEpochs(),
      onClone: () => {
        this.#fail(new OperatorError("E_CLONE", "a younger process runs with this instance's identity"));
        parts.onClone();
      },
    });
    this.#writer = new Writer({ ...shared, sync: this.#sync }, local.openEntries);
    this.#watch = new HeadWatch({
      ...shared,
      sync: this.#sync,
      onVaultBack: () => this.#nudge?.recovered(),
    });
    const fragments = new FragmentRequests(this.#api, () => replica.seq);
    const freshness = new Freshness({
      contacts,
      replica,
      alarms: this.#alarms,
      sync: this.#sync,
      api: this.#api,
      deadline: () => Deadline.in(requestBudgetMs),
    });
    const access = new AccessDecisions(replica);
    this.#audit = new Audit(
      {
        folder: join(folder, "audit"),
        keysOf: logKeysFrom(keyring, () => replica.settings),
        log,
        sync: parts.auditSync ?? false,
      },
      parts.auditForward,
    );
    const onPut = () => {
      this.#booted = true;
    };
    this.#anchor = new AuditAnchor(
      { ...shared, audit: this.#audit, writer: this.#writer, onPut },
      randomBytes(16),
    );
    const writes = new Writes(this.#writer, freshness);
    const writeParts = { keyring, replica, access, fragments, tombstones: new Tombstones(keyring) };
    this.#purge = new Purge({ writes, writeParts, log });
    this.#rotation = new RotationWorker({
      ...shared,
      fragments,
      writes,
      checkVault: (deadline) => checkVaultFragment(keyring, this.#api, deadline),
    });
    const rotation = new Rotation({
      ...shared,
      fragment: parts.fragment,
      writes,
      evidence: backupEvidence(folder, parts.fragment, this.#api),
      worker: this.#rotation,
    });
    this.#outbound = new Outbound();
    const issuers = { keys: new JwksCache(log), outbound: this.#outbound };
    const provers = {
      k8s: new KubernetesProver({ configs: replica.index, ...issuers }),
      jwt: new JwtProver(issuers),
    };
    const plan = parts.backups;
    this.#recovery = new RecoveryStatus(
      folder,
      () => this.#fragment.payload,
      plan === undefined ? undefined : overdueAfter * plan.everyMs,
    );
    this.#backups =
      plan === undefined
        ? undefined
        : new BackupSchedule({
            data: folder,
            plan,
            source: () => this.#backupSource(),
            changes: () => replica.changes,
            status: this.#recovery,
            log,
          });
    this.#services = {
      authenticator: new Authenticator({ keyring, replica, freshness, provers, alarms: this.#alarms }),
      access,
      audit: this.#audit,
      reader: new ItemReader({ ...shared, sync: this.#sync, freshness, access, fragments }),
      head: new HeadControl({ ...shared, sync: this.#sync, writer: this.#writer }),
      rotation,
      revocations: new Revocations(keyring, writes),
      writes,
      writeParts,
      freshness,
      replica,
      keyring,
    };
  }

  /** Reads this gateway's own memory; touches no network. @throws {OperatorError} `E_CHECK` */
  static async open(input: {
    folder: string;
    fragment: FragmentStore;
    /** Where the vault is now; absent: where the fragment file says. */
    vault?: string | undefined;
    ca: string | undefined;
    log: Log;
    /** Whether answers wait until their audit entry is on the disk itself. */
    auditSync?: boolean;
    /** Absent: it makes no backups by itself. */
    backups?: BackupPlan | undefined;
    /** Absent: External Secrets is told nothing. */
    nudge?: NudgeOptions | undefined;
    /** Where audit entries are sent on to, as URLs. */
    auditForward?: readonly string[];
    onClone: () => void;
  }): Promise<Gateway> {
    const { payload } = input.fragment;
    const keyring = new Keyring(input.vault === undefined ? payload : withVault(payload, input.vault));
    const local = await loadLocalState(input.folder, keyring, input.log);
    return new Gateway({ ...input, keyring, local });
  }

  get status(): GatewayStatus {
    const { replica } = this.#local;
    return {
      ready: this.#ready,
      unsealed: true,
      vaultAnswers: this.#ready
        ? this.#watch.vaultAnswers
        : !(this.#reason instanceof OperatorError && this.#reason.code === "E_VAULT"),
      reason: this.#reason,
      alarm: this.#alarms.current,
      seq: replica.seq,
      head: replica.seq < 0 ? undefined : replica.state.hash,
      items: replica.index.itemCount,
      poisoned: replica.poisonedCount,
      auditBehind: this.#audit.behind,
      rotationLeft: this.#rotation.left,
      recovery: this.#recovery.current,
      backupFailures: this.#backups?.failures ?? 0,
      missed: this.#missed,
      nudge: this.#nudgeOptions === undefined ? undefined : (this.#nudge?.state ?? "starting"),
    };
  }

  /** @throws {OperatorError} the reason why nothing can be served. */
  get services(): Services {
    if (this.#ready) return this.#services;
    throw this.#reason ?? new OperatorError("E_SEALED", "the gateway is starting");
  }

  /** Tries until it is ready; a vault that is away is waited for. @throws {OperatorError} what waiting does not mend. */
  async start(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.#bringUp();
        this.#ready = true;
        this.#reason = undefined;
        this.#log.info({ seq: this.#local.replica.seq, items: this.#local.replica.index.itemCount }, "ready");
        void this.#startNudge();
        void this.#watch.run();
        this.#purge.start();
        void this.#rotation.run();
        await this.#recovery.start();
        await this.#backups?.start();
        for (const warning of this.#recovery.current.warnings) this.#log.warn({}, warning);
        this.#snapshotTimer = setInterval(() => void this.#saveSnapshot(), snapshotEveryMs);
        this.#snapshotTimer.unref();
        return;
      } catch (error) {
        if (!(error instanceof OperatorError) || fatalCodes.includes(error.code)) throw error;
        if (this.#reason?.message !== error.message) this.#log.warn({ error }, "cannot start yet");
        this.#reason = error;
        await new Promise((resolve) => setTimeout(resolve, startRetryMs));
      }
    }
  }

  /** Loaded only where it is wanted. What fails there is told there: serving goes on. */
  async #startNudge(): Promise<void> {
    const options = this.#nudgeOptions;
    if (options === undefined) return;
    try {
      const { Nudge } = await import("./nudge/nudge.ts");
      if (this.#stopped) return;
      this.#nudge = new Nudge({ options, replica: this.#local.replica, log: this.#log });
      this.#nudge.start();
    } catch (error) {
      this.#log.error({ error: error as Error }, "the nudge does not start");
    }
  }

  /** Proves that both halves still fit together. Whoever asks meanwhile shares the answer. @throws {OperatorError} */
  async selfTest(): Promise<void> {
    // Anybody may ask: however many do, the vault works for one.
    this.#selfTest ??= checkVaultFragment(this.keyring, this.#api, Deadline.in(requestBudgetMs)).finally(
      () => {
        this.#selfTest = undefined;
      },
    );
    await this.#selfTest;
  }

  /** What the nudge counts; nothing before it has begun. */
  get nudgeMetrics(): NudgeMetrics | undefined {
    return this.#nudge?.metrics;
  }

  /** Answers whoever waits for news, as the listener is about to close. */
  endWaits(): void {
    this.#audit.endWaits();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#snapshotTimer);
    this.#recovery.stop();
    await this.#backups?.stop();
    this.#watch.stop();
    this.#purge.stop();
    this.#rotation.stop();
    this.#anchor.stop();
    await this.#nudge?.stop();
    await this.#writer.stop();
    await this.#audit.stop();
    if (this.#ready) await this.#saveSnapshot();
    this.#ready = false;
    await this.#client.close();
    await this.#outbound.close();
    await this.#local.journal.close();
    this.keyring.wipe();
    this.#fragment.wipe();
  }

  async #bringUp(): Promise<void> {
    const { replica } = this.#local;
    adoptVaultEpochs(this.keyring, replica.state);
    await checkVaultFragment(this.keyring, this.#api, Deadline.in(requestBudgetMs));
    if (!this.#recordsOpened) {
      this.#local.openRecords();
      this.#recordsOpened = true;
    }
    const { seq } = replica;
    try {
      await this.#sync.begunAfterNow();
    } catch (error) {
      // An alarm freezes, it does not silence: reads go on from the own verified head.
      const isAlarm =
        error instanceof OperatorError && (isAlarmCode(error.code) || error.code === "E_FROZEN");
      if (!isAlarm || replica.index.settings === undefined) throw error;
    } finally {
      this.#noteMissed(replica.seq - seq);
    }
    checkSettings(this.keyring, replica.settings);
    await this.#anchor.start();
  }

  /** An older disk, such as a snapshot's: nothing is lost, but its operator should know. */
  #noteMissed(entries: number): void {
    this.#missed += entries;
    if (entries > 0)
      this.#log.warn({ entries }, "this disk was behind the account: caught up with what it had missed");
  }

  async #followVaultEpochs(): Promise<void> {
    const isNews = adoptVaultEpochs(this.keyring, this.#local.replica.state);
    if (isNews) await checkVaultFragment(this.keyring, this.#api, Deadline.in(requestBudgetMs));
  }

  /** One head, and what belongs to it: taken where no entry is between the journal file and the replica. */
  async #backupSource(): Promise<BackupSource> {
    const { replica, journal } = this.#local;
    if (replica.poisonedCount > 0) await completeRecords(replica, this.#api);
    return this.#mutex.hold(async () => ({
      payload: withVault(this.#fragment.payload, this.keyring.vaultUrl),
      vaultCa: this.#ca,
      state: replica.state,
      journal: { file: journal.file, length: journal.length },
      blobs: Array.from(blobsOf(replica.index)),
      api: this.#api,
    }));
  }

  async #saveSnapshot(): Promise<void> {
    const { replica, journal } = this.#local;
    if (replica.seq === this.#snapshotSeq || this.#alarms.frozen) return;
    try {
      await this.#mutex.hold(async () => {
        await journal.sync();
        await saveSnapshot(snapshotFileIn(this.#folder), this.keyring, replica, journal.length);
      });
      this.#snapshotSeq = replica.seq;
    } catch (error) {
      this.#log.warn(
        { error: error as Error },
        "the snapshot could not be written: the next start takes longer",
      );
    }
  }

  #fail(reason: OperatorError): void {
    this.#ready = false;
    this.#stopped = true;
    this.#reason = reason;
    this.#watch.stop();
    this.#rotation.stop();
    this.#anchor.stop();
    void this.#nudge?.stop();
    void this.#audit.stop();
  }
}
