import { existsSync, readFileSync } from "node:fs";
import { type ErrorCode, OperatorError } from "@halfkey/model";
import { type Log, writeFileDurably } from "@halfkey/runtime";

/** Codes that mean: the vault, or somebody with its means, does not keep to the protocol. */
export type AlarmCode = Extract<ErrorCode, "E_ROLLBACK" | "E_WITHHELD" | "E_FORK" | "E_STATE" | "E_WRITER">;

const alarmCodes: readonly AlarmCode[] = ["E_ROLLBACK", "E_WITHHELD", "E_FORK", "E_STATE", "E_WRITER"];

export interface Alarm {
  code: AlarmCode;
  reason: string;
  /** RFC 3339. */
  since: string;
}

/** These end by themselves, when the chain again contains our own head; the others wait for the operator. */
const healing: readonly AlarmCode[] = ["E_ROLLBACK", "E_WITHHELD"];

/**
 * The alarm that stands, if any. It freezes writes and survives a restart: whoever could make a gateway
 * forget an alarm by restarting it would have won.
 *
 * @see docs/cryptography.md, "Alarms"
 */
export class Alarms {
  readonly #file: string;
  readonly #log: Log;
  #alarm: Alarm | undefined;
  #tokensFrom: number;

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
    const { alarm, tokensFrom } = readFrom(file);
    this.#alarm = alarm ?? undefined;
    this.#tokensFrom = tokensFrom ?? 0;
  }

  /**
   * Tokens issued before this time, milliseconds since 1970, count for nothing: an older history was accepted, which
   * may lack their revocation, and the entry that ends them all does not stand yet. 0: there is no such entry owed.
   */
  get tokensFrom(): number {
    return this.#tokensFrom;
  }

  async refuseTokensBefore(time: number): Promise<void> {
    this.#tokensFrom = time;
    await this.#save();
  }

  get current(): Alarm | undefined {
    return this.#alarm;
  }

  get frozen(): boolean {
    return this.#alarm !== undefined;
  }

  /** Only such an alarm lets sync go on, to see whether it is over. */
  get heals(): boolean {
    return this.#alarm !== undefined && healing.includes(this.#alarm.code);
  }

  /** Milliseconds since the alarm was raised; 0 without one. */
  ageMs(now: number): number {
    return this.#alarm === undefined ? 0 : Math.max(0, now - Date.parse(this.#alarm.since));
  }

  async raise(code: AlarmCode, reason: string): Promise<void> {
    // The gravest stays: one that heals must not replace one that waits for the operator.
    if (this.#alarm !== undefined && !(this.heals && !healing.includes(code))) return;
    this.#alarm = { code, reason, since: new Date().toISOString() };
    this.#log.error({ code, reason }, "alarm: writes are frozen");
    await this.#save();
  }

  async clear(): Promise<void> {
    if (this.#alarm === undefined) return;
    this.#log.warn({ code: this.#alarm.code }, "alarm is over");
    this.#alarm = undefined;
    await this.#save();
  }

  async #save(): Promise<void> {
    await writeFileDurably(
      this.#file,
      `${JSON.stringify({ alarm: this.#alarm ?? null, tokensFrom: this.#tokensFrom })}\n`,
    );
  }
}

export function isAlarmCode(code: string): code is AlarmCode {
  return (alarmCodes as readonly string[]).includes(code);
}

function readFrom(file: string): { alarm: Alarm | null; tokensFrom?: number } {
  if (!existsSync(file)) return { alarm: null };
  try {
    const read = JSON.parse(readFileSync(file, "utf8")) as { alarm: Alarm | null; tokensFrom?: number };
    const { alarm, tokensFrom = 0 } = read;
    const isAlarm = alarm === null || (isAlarmCode(alarm.code) && !Number.isNaN(Date.parse(alarm.since)));
    if (isAlarm && Number.isSafeInteger(tokensFrom)) return read;
  } catch {
    // Falls through: a damaged file must not be read as "no alarm".
  }
  throw new OperatorError("E_CHECK", `${file} is damaged: see docs/runbooks, then repair or remove it`);
}
