import { execFile } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import {
  newPassphraseMethod,
  parseKeyText,
  passphraseKey,
  type SealMethod,
  type UnsealKey,
} from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";
import { readPrivateFile } from "@halfkey/runtime";

/** How the operator opens the customer fragment: exactly one of the three. */
export interface UnsealOptions {
  /** File with the passphrase in its first line, or `-` for standard input. */
  passphraseFile?: string | undefined;
  /** File with exactly 32 raw bytes or 64 hex digits. */
  keyFile?: string | undefined;
  /** Program and arguments, split at spaces; the first line of its output is 64 hex digits (KMS, TPM, PKCS#11). */
  unsealCommand?: string | undefined;
}

const passphraseCharactersMin = 12;
const commandTimeoutMs = 30_000;

/** The seal method a new fragment file gets, by what the operator chose. */
export function sealMethodOf(options: UnsealOptions): SealMethod {
  return chosen(options) === "argon2id"
    ? newPassphraseMethod()
    : { kind: chosen(options) as "keyfile" | "command" };
}

/** Turns the operator's choice into the key that the file's method asks for. @throws {OperatorError} */
export function unsealKeyFrom(options: UnsealOptions): UnsealKey {
  const kind = chosen(options);
  // Standard input can be read once, but a file may be opened and written again in one run.
  let passphrase: Promise<string> | undefined;
  return async (method) => {
    if (method.kind !== kind) {
      throw new OperatorError(
        "E_SEALED",
        `the customer fragment is sealed with ${flagOf(method.kind)}, not ${flagOf(kind)}`,
      );
    }
    if (method.kind === "argon2id") {
      passphrase ??= readPassphrase(options.passphraseFile ?? "-");
      return passphraseKey(method, await passphrase);
    }
    if (method.kind === "keyfile")
      return keyOf(await readPrivateFile(options.keyFile ?? ""), `key file ${options.keyFile}`);
    return keyOf(await runCommand(options.unsealCommand ?? ""), "the unseal command's output");
  };
}

function chosen(options: UnsealOptions): SealMethod["kind"] {
  const given = [
    options.passphraseFile === undefined ? undefined : ("argon2id" as const),
    options.keyFile === undefined ? undefined : ("keyfile" as const),
    options.unsealCommand === undefined ? undefined : ("command" as const),
  ].filter((kind) => kind !== undefined);
  const [kind, ...others] = given;
  if (kind === undefined || others.length > 0) {
    throw new OperatorError(
      "E_INPUT",
      "give exactly one of --passphrase-file, --key-file and --unseal-command",
    );
  }
  return kind;
}

function flagOf(kind: SealMethod["kind"]): string {
  return { argon2id: "--passphrase-file", keyfile: "--key-file", command: "--unseal-command" }[kind];
}

async function readPassphrase(file: string): Promise<string> {
  const bytes = file === "-" ? await readStdin() : await readPrivateFile(file);
  const passphrase = bytes.toString("utf8").split(/\r?\n/, 1)[0] ?? "";
  bytes.fill(0);
  if ([...passphrase].length < passphraseCharactersMin) {
    throw new OperatorError("E_INPUT", `the passphrase has fewer than ${passphraseCharactersMin} characters`);
  }
  return passphrase;
}

async function readStdin(): Promise<Buffer> {
  const { stdin } = process;
  if (stdin.isTTY) process.stderr.write("Passphrase (one line): ");
  return buffer(stdin);
}

function keyOf(bytes: Buffer, source: string): Buffer {
  try {
    return parseKeyText(bytes);
  } catch (cause) {
    throw new OperatorError("E_CHECK", `${source} must be exactly 32 raw bytes or 64 hex digits`, { cause });
  }
}

async function runCommand(command: string): Promise<Buffer> {
  const [program, ...rest] = command.split(" ").filter((part) => part !== "");
  if (program === undefined) throw new OperatorError("E_INPUT", "--unseal-command is empty");
  try {
    const { stdout } = await promisify(execFile)(program, rest, {
      encoding: "buffer",
      timeout: commandTimeoutMs,
      maxBuffer: 65_536,
    });
    return Buffer.from(stdout.toString("latin1").split(/\r?\n/, 1)[0] ?? "", "latin1");
  } catch (error) {
    // The error carries the command's output, which may be the key: none of it goes on.
    const { code, killed } = error as { code?: string | number; killed?: boolean };
    const why = killed ? "took over 30 s" : `failed with ${code ?? "no code"}`;
    throw new OperatorError("E_SEALED", `the unseal command (${program}) ${why}`);
  }
}
