import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { OperatorError } from "@halfkey/model";
import { lockFolder } from "@halfkey/runtime";
import { fragmentFileIn, openFragmentFile, saveFragmentFile } from "../fragment/fragment-file.ts";
import { nextFragmentFile } from "../fragment/next-fragment.ts";
import { sealMethodOf, type UnsealOptions, unsealKeyFrom } from "../fragment/unseal.ts";

/**
 * Seals the customer fragment under another passphrase, key file or command. The predecessor `.1` goes: it opens with
 * the old one. The gateway must not run, because it writes the file with the key that it has.
 *
 * @throws {OperatorError}
 */
export async function resealFragment(options: {
  data: string;
  from: UnsealOptions;
  to: UnsealOptions;
}): Promise<{ file: string }> {
  const { data, from, to } = options;
  if (from.passphraseFile === "-" && to.passphraseFile === "-")
    throw new OperatorError("E_INPUT", "only one of the passphrases can come from standard input");
  const lock = lockFolder(data);
  try {
    const file = fragmentFileIn(data);
    if (existsSync(nextFragmentFile(file))) {
      throw new OperatorError(
        "E_CONFLICT",
        `${nextFragmentFile(file)} is from a change of keys that has not ended: repeat halfkey-gateway instance rekey or replace first`,
      );
    }
    const { payload } = await openFragmentFile(file, unsealKeyFrom(from));
    const key = unsealKeyFrom(to);
    await saveFragmentFile(file, payload, sealMethodOf(to), key);
    await openFragmentFile(file, key);
    await rm(`${file}.1`, { force: true });
    return { file };
  } finally {
    lock.release();
  }
}
