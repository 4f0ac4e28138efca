import type { FailureModeName } from "@halfkey/diagnosis";
import type { ErrorCode } from "@halfkey/model";

const ofCodes: Partial<Record<ErrorCode, FailureModeName>> = {
  E_ROUTE: "wrong-base-url",
  E_TOKEN: "credentials-refused",
  E_EXPIRED: "credentials-refused",
  E_DENIED: "policy-denied",
  E_NOT_FOUND: "item-absent",
  E_DISABLED: "item-disabled",
  E_INTERNAL: "defect",
  E_KEY: "wrong-fragment",
  E_STATE: "frozen",
  E_WRITER: "frozen",
  E_FORK: "frozen",
  E_ROLLBACK: "frozen",
  E_WITHHELD: "frozen",
  E_FROZEN: "frozen",
  E_EPOCH: "missing-epoch",
  E_SEALED: "gateway-sealed",
  E_VAULT: "vault-unreachable",
  E_ISSUER: "issuer-unreachable",
  E_REVOKED: "vault-refuses",
  E_CLONE: "clone",
  E_CLOCK: "clock",
  E_AUDIT: "disk-full",
  E_DISK: "disk-full",
};

/** The failure mode behind a gateway's error. One code may stand for several, which its text tells apart. */
export function modeOfCode(code: string | undefined, text: string): FailureModeName | undefined {
  if (code === "E_VAULT") {
    if (text.includes("certificate that is not trusted")) return "vault-wrong-ca";
    if (text.includes("does not know this gateway")) return "vault-refuses";
  }
  return ofCodes[code as ErrorCode];
}
