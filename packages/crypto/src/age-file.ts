import { Decrypter, Encrypter, generateHybridIdentity } from "age-encryption";
import { CryptoError } from "./errors.ts";
import { parseRecipient, recipientOf } from "./recovery-identity.ts";

/**
 * Encrypts a stream to age recipients (age v1, hybrid post-quantum): the standard `age` program opens it.
 *
 * @throws {CryptoError} `E_FORMAT` for a recipient that is none.
 */
export async function encryptAge(
  plaintext: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): Promise<AsyncIterable<Uint8Array>> {
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(parseRecipient(recipient));
  return encrypter.encrypt(ReadableStream.from(plaintext));
}

/**
 * Opens an age file, as a stream: what it yields is authentic chunk by chunk, and complete only when it has ended.
 *
 * @throws {CryptoError} `E_KEY`: for another identity; `E_FORMAT`: no age file. While it is read: `E_TAG`, for a file
 *   that was altered or cut off.
 */
export async function decryptAge(
  ciphertext: AsyncIterable<Uint8Array>,
  identity: string,
): Promise<AsyncIterable<Uint8Array>> {
  const decrypter = new Decrypter();
  await recipientOf(identity);
  decrypter.addIdentity(identity);
  let source: unknown;
  try {
    const plaintext = await decrypter.decrypt(ReadableStream.from(remembering(ciphertext)));
    return refusing(plaintext);
  } catch (cause) {
    if (source !== undefined) throw source;
    if (cause instanceof Error && cause.message.startsWith("no identity matched"))
      throw new CryptoError("E_KEY", "the file is not encrypted to this identity", { cause });
    throw new CryptoError("E_FORMAT", "this is no age file, or its beginning is damaged", { cause });
  }

  /** A disk's own error is none of the cipher's: it must not look like an altered file. */
  async function* remembering(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
    } catch (error) {
      source = error;
      throw error;
    }
  }

  async function* refusing(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const reader = chunks[Symbol.asyncIterator]();
    for (;;) {
      const next = await reader.next().catch((cause) => {
        throw source ?? new CryptoError("E_TAG", "the file was altered or cut off", { cause });
      });
      if (next.done) return;
      yield next.value;
    }
  }
}

/** An identity for one file, kept nowhere: who has just written a file can open it once more to check it. */
export async function generateAgeIdentity(): Promise<{ identity: string; recipient: string }> {
  const identity = await generateHybridIdentity();
  return { identity, recipient: await recipientOf(identity) };
}
