import { argon2 } from "node:crypto";
import { promisify } from "node:util";
import { copyBuffer, fromBase64Url, fromHex, toBase64Url } from "./buffers.ts";
import { utf8 } from "./bytes.ts";
import { CryptoError } from "./errors.ts";
import { randomBytes, wipe } from "./primitives.ts";

/** How the key of a fragment file is kept. */
export type SealMethod =
  | { kind: "argon2id"; memoryKiB: number; passes: number; parallelism: number; salt: Buffer }
  | { kind: "keyfile" }
  | { kind: "command" };

const keyLength = 32;
const saltLength = 16;
/** Below it is too weak; above it, a file could make its reader run out of memory or time. */
const accepted = { memoryKiB: [19_456, 1_048_576], passes: [2, 10], parallelism: [1, 16] } as const;

/** Argon2id with 64 MiB, 3 passes and 4 lanes (RFC 9106 §4, second choice): a sixth of a second. */
export function newPassphraseMethod(): SealMethod {
  return { kind: "argon2id", memoryKiB: 65_536, passes: 3, parallelism: 4, salt: randomBytes(saltLength) };
}

/** 32 bytes. The passphrase is normalised (NFKC): keyboards spell one phrase in several ways. */
export async function passphraseKey(method: SealMethod, passphrase: string): Promise<Buffer> {
  if (method.kind !== "argon2id") throw new RangeError(`a passphrase opens no file sealed by ${method.kind}`);
  const message = utf8(passphrase.normalize("NFKC"));
  try {
    return await promisify(argon2)("argon2id", {
      message,
      nonce: method.salt,
      memory: method.memoryKiB,
      passes: method.passes,
      parallelism: method.parallelism,
      tagLength: keyLength,
    });
  } finally {
    wipe(message);
  }
}

/** Exactly 32 raw bytes, or 64 hex digits with or without a newline. @throws {CryptoError} `E_FORMAT` */
export function parseKeyText(bytes: Uint8Array): Buffer {
  if (bytes.length === keyLength) return copyBuffer(bytes);
  const text = Buffer.from(bytes).toString("latin1");
  if (!/^[0-9a-fA-F]{64}(?:\r?\n)?$/.test(text))
    throw new CryptoError("E_FORMAT", "a key is 32 bytes or 64 hex digits");
  return fromHex(text.slice(0, 64).toLowerCase());
}

export function sealMethodText(method: SealMethod): string {
  if (method.kind !== "argon2id") return method.kind;
  const { memoryKiB, passes, parallelism, salt } = method;
  return `argon2id m=${memoryKiB} t=${passes} p=${parallelism} salt=${toBase64Url(salt)}`;
}

/** @throws {CryptoError} `E_FORMAT` for another method, or parameters beyond what is accepted. */
export function parseSealMethod(text: string): SealMethod {
  if (text === "keyfile" || text === "command") return { kind: text };
  const [, m, t, p, salt] = /^argon2id m=(\d{1,7}) t=(\d{1,2}) p=(\d{1,2}) salt=([\w-]+)$/.exec(text) ?? [];
  if (salt === undefined) throw new CryptoError("E_FORMAT", "an unknown seal method");
  const method = {
    kind: "argon2id",
    memoryKiB: Number(m),
    passes: Number(t),
    parallelism: Number(p),
    salt: fromBase64Url(salt, saltLength),
  } as const;
  for (const name of ["memoryKiB", "passes", "parallelism"] as const) {
    const [min, max] = accepted[name];
    if (method[name] < min || method[name] > max)
      throw new CryptoError("E_FORMAT", `Argon2id with ${name} ${method[name]}`);
  }
  // One spelling per method: a leading zero would be a second one.
  if (sealMethodText(method) !== text) throw new CryptoError("E_FORMAT", "a seal method in another spelling");
  return method;
}
