import type { ErrorCode } from "@halfkey/model";

/** The HTTP status of every code, at the gateway and at the vault. A code without a status does not compile. */
const statuses = {
  E_PATH: 400,
  E_INPUT: 400,
  E_ROUTE: 400,
  E_FORMAT: 400,
  E_TOKEN: 401,
  E_EXPIRED: 401,
  E_DENIED: 401,
  E_DISABLED: 403,
  E_NOT_FOUND: 404,
  E_EXISTS: 409,
  E_CONFLICT: 409,
  E_TOO_LARGE: 413,
  E_RATE: 429,
  E_INTERNAL: 500,
  E_UNSUPPORTED: 501,
  E_KEY: 502,
  E_TAG: 502,
  E_BLOB: 502,
  E_STATE: 502,
  E_WRITER: 502,
  E_FORK: 502,
  E_ROLLBACK: 502,
  E_WITHHELD: 502,
  E_EPOCH: 503,
  E_SEALED: 503,
  E_VAULT: 503,
  E_ISSUER: 503,
  E_REVOKED: 503,
  E_FROZEN: 503,
  E_CLONE: 503,
  E_CLOCK: 503,
  E_UNKNOWN: 503,
  E_AUDIT: 503,
  E_DISK: 503,
  E_CHECK: 503,
  E_SHARE: 400,
  E_BACKUP: 503,
} as const satisfies Record<ErrorCode, number>;

export function httpStatusOf(code: ErrorCode): number {
  return statuses[code];
}

/** Code and request id travel as headers, never in a body (docs/akeyless-api.md). */
export const codeHeader = "halfkey-code";
export const requestHeader = "halfkey-request";
