/** The codes of docs/cryptography.md that this package can decide on. */
export type CryptoErrorCode =
  | "E_FORMAT"
  | "E_KEY"
  | "E_TAG"
  | "E_EPOCH"
  | "E_BLOB"
  | "E_CHECK"
  | "E_FORK"
  | "E_WRITER"
  | "E_STATE"
  | "E_TOKEN"
  | "E_EXPIRED"
  | "E_SHARE";

/**
 * Bytes from outside that are refused. The message names what was wrong and never repeats the bytes: they may
 * be secret. Arguments that only a defect of ours can produce throw `RangeError` instead.
 */
export class CryptoError extends Error {
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CryptoError";
    this.code = code;
  }
}
