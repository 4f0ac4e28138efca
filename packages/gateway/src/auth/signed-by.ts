import { type CryptoKey, compactVerify } from "jose";
import type { UnverifiedJwt } from "./compact-jwt.ts";

/** Whether a key has signed a token; the key was chosen for exactly the token's algorithm. */
export async function isSignedBy({ text, alg }: UnverifiedJwt, key: CryptoKey): Promise<boolean> {
  try {
    await compactVerify(text, key, { algorithms: [alg] });
    return true;
  } catch {
    return false;
  }
}
