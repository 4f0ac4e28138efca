import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { FragmentPayload, UnsealKey } from "@halfkey/crypto";
import { writeFileDurably } from "@halfkey/runtime";
import { openFragmentFile, readFragmentText, saveFragmentFile } from "./fragment-file.ts";

/**
 * The fragment file that is to replace the present one as soon as the vault knows what is new in it. It is on disk
 * before the vault hears of it, and the present one until it has taken it: whatever crashes in between, one of the
 * two opens the vault, and the same command goes on.
 */
export class NextFragment {
  readonly payload: FragmentPayload;
  readonly #file: string;

  private constructor(file: string, payload: FragmentPayload) {
    this.#file = file;
    this.payload = payload;
  }

  /**
   * @param make Gives the new keys, if no run before has left some.
   * @param fits Whether what a run before has left is of this kind.
   */
  static async prepare(
    file: string,
    key: UnsealKey,
    make: (payload: FragmentPayload) => FragmentPayload,
    fits: (left: FragmentPayload, present: FragmentPayload) => boolean,
  ): Promise<{ next: NextFragment; present: FragmentPayload }> {
    const { payload: present, method } = await openFragmentFile(file, key);
    const left = existsSync(nextFragmentFile(file))
      ? (await openFragmentFile(nextFragmentFile(file), key)).payload
      : undefined;
    if (left !== undefined && fits(left, present)) return { next: new NextFragment(file, left), present };
    const payload = make(present);
    await saveFragmentFile(nextFragmentFile(file), payload, method, key);
    await rm(`${nextFragmentFile(file)}.1`, { force: true });
    return { next: new NextFragment(file, payload), present };
  }

  /** Takes the present one's place. Nothing of the present one stays. */
  async replace(): Promise<void> {
    await writeFileDurably(this.#file, await readFragmentText(nextFragmentFile(this.#file)));
    await rm(`${this.#file}.1`, { force: true });
    await rm(nextFragmentFile(this.#file), { force: true });
  }
}

export function nextFragmentFile(file: string): string {
  return `${file}.next`;
}
