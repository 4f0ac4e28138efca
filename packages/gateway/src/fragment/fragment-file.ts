import { existsSync } from "node:fs";
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CryptoError,
  decodeFragmentFile,
  encodeFragmentFile,
  type FragmentPayload,
  readFragmentHeader,
  type SealMethod,
  type UnsealKey,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { writeFileDurably } from "@halfkey/runtime";

export function fragmentFileIn(folder: string): string {
  return join(folder, "customer-fragment.pem");
}

/**
 * Opens the sealed customer fragment.
 *
 * @throws {OperatorError} that says which it is: absent, damaged (`E_CHECK`), or the wrong passphrase or key (`E_SEALED`).
 */
export async function openFragmentFile(
  file: string,
  key: UnsealKey,
): Promise<{ payload: FragmentPayload; method: SealMethod }> {
  if (!existsSync(file)) {
    throw new OperatorError(
      "E_CHECK",
      `no customer fragment at ${file}: run \`halfkey-gateway init\`, or restore the file`,
    );
  }
  const text = await readFragmentText(file);
  try {
    // Before any key is asked for: a damaged file must not look like a wrong passphrase.
    const { seal } = readFragmentHeader(text);
    return { payload: (await decodeFragmentFile(text, key)).payload, method: seal };
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    if (cause.code === "E_KEY") {
      throw new OperatorError("E_SEALED", `wrong passphrase or key for the customer fragment ${file}`, {
        cause,
      });
    }
    throw new OperatorError("E_CHECK", `the customer fragment ${file} is damaged: ${cause.message}`, {
      cause,
    });
  }
}

export function readFragmentText(file: string): Promise<string> {
  return readFile(file, "utf8");
}

/** Writes the file whole or not at all; the predecessor stays as `.1`. */
export async function saveFragmentFile(
  file: string,
  payload: FragmentPayload,
  method: SealMethod,
  key: UnsealKey,
): Promise<void> {
  const secret = await key(method);
  const text = encodeFragmentFile(payload, method, secret, new Date());
  secret.fill(0);
  if (existsSync(file)) await copyFile(file, `${file}.1`);
  await writeFileDurably(file, text);
}
