import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { type FragmentPayload, readFragmentHeader, type SealMethod, type UnsealKey } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { Mutex } from "../state/mutex.ts";
import { openFragmentFile, readFragmentText, saveFragmentFile } from "./fragment-file.ts";

/**
 * The sealed customer fragment of a running gateway, which has to write it when an epoch comes or goes. It keeps the
 * key of the file, not the passphrase: whoever reads this process's memory has the fragment itself.
 */
export class FragmentStore {
  readonly file: string;
  readonly #method: SealMethod;
  readonly #key: Buffer;
  readonly #mutex = new Mutex();
  #payload: FragmentPayload;

  private constructor(file: string, payload: FragmentPayload, method: SealMethod, key: Buffer) {
    this.file = file;
    this.#payload = payload;
    this.#method = method;
    this.#key = key;
  }

  /** @throws {OperatorError} as {@link openFragmentFile} */
  static async open(file: string, unsealKey: UnsealKey): Promise<FragmentStore> {
    let kept: Buffer | undefined;
    // Derived once: a passphrase costs a sixth of a second, and a command may ask a KMS.
    const key: UnsealKey = async (method) => {
      kept ??= Buffer.from(await unsealKey(method));
      return Buffer.from(kept);
    };
    const { payload, method } = await openFragmentFile(file, key);
    if (kept === undefined) throw new RangeError("a fragment file that opened without a key");
    return new FragmentStore(file, payload, method, kept);
  }

  get payload(): FragmentPayload {
    return this.#payload;
  }

  /**
   * Writes the file with a change, and reads it back. The predecessor stays as `.1`.
   *
   * @throws {OperatorError} `E_CONFLICT` if the file is not the one that this process has read or written.
   */
  change(make: (payload: FragmentPayload) => FragmentPayload): Promise<void> {
    return this.#mutex.hold(async () => {
      await this.#requireOwn();
      const changed = make(this.#payload);
      const key: UnsealKey = async () => Buffer.from(this.#key);
      await saveFragmentFile(this.file, changed, this.#method, key);
      this.#payload = (await openFragmentFile(this.file, key)).payload;
    });
  }

  /** Removes `.1`: what it holds is to be destroyed. */
  async dropPredecessor(): Promise<void> {
    await rm(`${this.file}.1`, { force: true });
  }

  wipe(): void {
    this.#key.fill(0);
  }

  /** Another passphrase or another instance since the start must not be undone by this write. */
  async #requireOwn(): Promise<void> {
    if (!existsSync(this.file)) return;
    const header = readFragmentHeader(await readFragmentText(this.file));
    const isOwn =
      header.instance === this.#payload.instance.id &&
      JSON.stringify(header.seal) === JSON.stringify(this.#method);
    if (!isOwn)
      throw new OperatorError(
        "E_CONFLICT",
        `the customer fragment ${this.file} was replaced since this gateway started: restart it first`,
      );
  }
}
