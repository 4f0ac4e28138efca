import { CallerError } from "@halfkey/model";
import type { RotateFinishRequest, RotateStartRequest, RotateStatusReply } from "@halfkey/wire";
import { Mutex } from "../state/mutex.ts";
import { type BeginParts, beginEpochs } from "./begin-epochs.ts";
import { type Destroyed, finishRotation, objections, oldEpochs } from "./finish-rotation.ts";
import type { RotationWorker } from "./rotation-worker.ts";

export interface RotationParts extends BeginParts {
  worker: RotationWorker;
}

/** The operator's three words on epochs: begin new ones, look, destroy the old ones. One at a time. */
export class Rotation {
  readonly #parts: RotationParts;
  readonly #one = new Mutex();

  constructor(parts: RotationParts) {
    this.#parts = parts;
  }

  /** @throws {CallerError} `E_CONFLICT`, `E_INPUT` */
  start({ what, incident, withoutBackupCheck }: RotateStartRequest): Promise<RotateStatusReply> {
    return this.#one.hold(async () => {
      const { replica, worker } = this.#parts;
      const { rotation } = replica.settings;
      // An enumeration may be sent empty.
      if (!what) throw new CallerError("E_INPUT", "what must be customer, vault or all");
      if (rotation !== undefined && rotation.completed === undefined && incident !== true) {
        throw new CallerError(
          "E_CONFLICT",
          "a rotation is under way: wait for it (halfkey rotate status), or --incident begins another epoch at once",
        );
      }
      await beginEpochs(this.#parts, {
        customer: what !== "vault",
        vault: what !== "customer",
        withoutBackup: this.#isConfirmed(withoutBackupCheck),
      });
      worker.begin(incident === true);
      return this.status();
    });
  }

  async status(): Promise<RotateStatusReply> {
    const { replica, worker, keyring } = this.#parts;
    const { epoch, vaultEpoch, rotation } = replica.settings;
    const survey = worker.survey();
    const old = oldEpochs(this.#parts);
    const isOver = old.customerEpochs.length + old.vaultEpochs.length === 0;
    const unconfirmed = { incident: false, withoutBackup: true, giveUp: 0 };
    return {
      fragment: keyring.fragment,
      customerEpoch: epoch,
      vaultEpoch,
      oldCustomerEpochs: old.customerEpochs,
      oldVaultEpochs: old.vaultEpochs,
      total: survey.total,
      left: survey.stale,
      waitingFor: survey.waitingFor,
      broken: survey.broken.map(({ name, version }) => ({ name, version })),
      begun: timeText(rotation?.begun),
      completed: timeText(rotation?.completed),
      error: worker.error ?? null,
      objections: isOver ? [] : await objections(this.#parts, survey, unconfirmed, Date.now()),
    };
  }

  /** @throws {CallerError} `E_CONFLICT`, `E_INPUT` */
  finish({ incident, withoutBackupCheck, giveUp = 0 }: RotateFinishRequest): Promise<Destroyed> {
    return this.#one.hold(() =>
      finishRotation(this.#parts, {
        incident: incident === true,
        withoutBackup: this.#isConfirmed(withoutBackupCheck),
        giveUp,
      }),
    );
  }

  /** Typed in full, so that nobody does without a backup by habit. */
  #isConfirmed(text: string | undefined): boolean {
    const { fragment } = this.#parts.keyring;
    if (text === undefined || text === fragment) return text === fragment;
    throw new CallerError("E_INPUT", `--without-backup-check must name this gateway's fragment, ${fragment}`);
  }
}

function timeText(time: number | undefined): string | null {
  return time === undefined ? null : new Date(time).toISOString();
}
