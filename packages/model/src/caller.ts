import type { Claims } from "./access-rule.ts";

/** The authenticated party of one request. */
export interface Caller {
  /** Public name of the auth method, `p-…`. */
  accessId: string;
  /** Hex id of the token. */
  tokenId: string;
  claims: Claims;
  /** Milliseconds since 1970 at which the token ends; absent for one that is not made of a token. */
  expires?: number;
}
