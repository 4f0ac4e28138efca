import { setTimeout as sleep } from "node:timers/promises";
import { epochId, operations, zero32 } from "@halfkey/crypto";
import { CallerError } from "@halfkey/model";
import { Deadline, requestBudgetMs } from "../deadline.ts";
import type { WritePlan } from "../state/pending-write.ts";
import type { BeginParts } from "./begin-epochs.ts";
import type { RotationWorker } from "./rotation-worker.ts";
import type { Survey } from "./survey-epochs.ts";

export interface Confirmed {
  /** Do not wait for a week after completion. */
  incident: boolean;
  withoutBackup: boolean;
  /** How many broken versions the operator gives up. */
  giveUp: number;
}

export interface Destroyed {
  customerEpochs: number[];
  vaultEpochs: number[];
}

const weekMs = 7 * 24 * 60 * 60 * 1000;
const budgetMs = 10_000;

/** Epochs that are not the current ones any more: what `finish` destroys. */
export function oldEpochs({ keyring, replica }: Pick<BeginParts, "keyring" | "replica">): Destroyed {
  const { epoch, vaultEpoch } = replica.settings;
  return {
    customerEpochs: keyring.customerEpochs.filter((e) => e < epoch),
    vaultEpochs: replica.state
      .vaultEpochs()
      .map(({ epoch: f }) => f)
      .filter((f) => f < vaultEpoch),
  };
}

/** Why the old epochs must not be destroyed now; empty: they may be. */
export async function objections(
  parts: BeginParts,
  survey: Survey,
  confirmed: Confirmed,
  now: number,
): Promise<string[]> {
  const { replica, keyring } = parts;
  const { rotation, auditRoots } = replica.settings;
  const old = oldEpochs(parts);
  const found = whyNotEmpty(parts, survey);
  const completed = rotation?.completed;
  if (completed === undefined) found.push("the rotation is not complete");
  else if (!confirmed.incident && now - completed < weekMs) {
    const day = new Date(completed + weekMs).toISOString();
    found.push(`it was completed less than 7 days ago: wait until ${day}, or --incident`);
  }
  for (const e of old.customerEpochs)
    if (!auditRoots.some((one) => one.e === e))
      found.push(`the settings lack the audit root key of customer epoch ${e}`);
  const broken = survey.broken.filter(
    ({ customerEpoch: e, vaultEpoch: f }) => old.customerEpochs.includes(e) || old.vaultEpochs.includes(f),
  );
  if (broken.length !== confirmed.giveUp) {
    found.push(
      `${broken.length} versions do not open and would be lost for good (a start tries them again): ${broken.map(({ name, version }) => `${name} version ${version}`).join(", ")} (--give-up ${broken.length})`,
    );
  }
  if (!confirmed.withoutBackup && completed !== undefined) {
    const { bundle, vault } = await parts.evidence(Deadline.in(budgetMs));
    if (bundle < completed || vault < completed) {
      found.push(
        `there is no verified ${bundle < completed ? "bundle" : "backup of the vault"} younger than the completion: without one, --without-backup-check ${keyring.fragment}`,
      );
    }
  }
  return found;
}

/**
 * Destroys the epochs that nothing needs: vault epochs by a journal entry, upon which the vault overwrites its
 * fragment; customer epochs in this instance's keyring and file. Every step can be repeated.
 *
 * @throws {CallerError} `E_CONFLICT` with everything that stands against it.
 */
export async function finishRotation(
  parts: BeginParts & { worker: RotationWorker },
  confirmed: Confirmed,
): Promise<Destroyed> {
  const { keyring, fragment, writes, worker } = parts;
  const old = oldEpochs(parts);
  if (old.customerEpochs.length + old.vaultEpochs.length === 0) {
    // A run before may have ended between the vault's part and the file.
    if (fragment.payload.vaultEpochs.some(({ f }) => !isActive(parts, f))) await tidy(parts);
    return old;
  }
  refuse(await objections(parts, worker.survey(), confirmed, Date.now()));
  // A read that began before the last record was sealed anew may still be using the old epochs.
  await sleep(requestBudgetMs);
  if (old.vaultEpochs.length > 0)
    await writes.run(() => retire(parts, old.vaultEpochs), Deadline.in(budgetMs));
  refuse(whyNotEmpty(parts, worker.survey()));
  await tidy(parts);
  for (const e of old.customerEpochs) keyring.dropEpoch(e);
  for (const f of old.vaultEpochs) keyring.dropVaultEpoch(f);
  return old;
}

/** Leaves the current epochs in the fragment file, and no predecessor of it. */
async function tidy(parts: BeginParts): Promise<void> {
  const { epoch } = parts.replica.settings;
  await parts.fragment.change((payload) => ({
    ...payload,
    epochs: payload.epochs.filter(({ e }) => e >= epoch),
    vaultEpochs: payload.vaultEpochs.filter(({ f }) => isActive(parts, f)),
  }));
  await parts.fragment.dropPredecessor();
}

function isActive({ replica }: BeginParts, vaultEpoch: number): boolean {
  return replica.state.vaultEpochs().some(({ epoch }) => epoch === vaultEpoch);
}

/** Of every old epoch: whether a record, or a version that opens, names it. */
function whyNotEmpty(parts: BeginParts, survey: Survey): string[] {
  const old = oldEpochs(parts);
  const found: string[] = [];
  if (parts.replica.poisonedCount > 0)
    found.push(`the content of ${parts.replica.poisonedCount} records is not known`);
  if (survey.waitingFor.length > 0)
    found.push(
      `instances ${survey.waitingFor.join(", ")} have not taken up the new epochs: start them, or revoke them`,
    );
  for (const e of old.customerEpochs)
    if (survey.customerEpochs.has(e)) found.push(`customer epoch ${e} is still named`);
  for (const f of old.vaultEpochs)
    if (survey.vaultEpochs.has(f)) found.push(`vault epoch ${f} is still named`);
  return found;
}

/** Looks once more at the very head that the entry continues: the vault itself cannot know what names an epoch. */
function retire(parts: BeginParts & { worker: RotationWorker }, epochs: readonly number[]): WritePlan<void> {
  return {
    claims: ["retire vault epochs"],
    async prepare() {},
    build(view) {
      refuse(whyNotEmpty(parts, parts.worker.survey()));
      for (const epoch of epochs)
        view.draft.operations.push({ op: operations.retireVaultEpoch, id: epochId(epoch), value: zero32 });
      return { result: undefined };
    },
  };
}

function refuse(reasons: readonly string[]): void {
  if (reasons.length > 0) throw new CallerError("E_CONFLICT", reasons.join("; "));
}
