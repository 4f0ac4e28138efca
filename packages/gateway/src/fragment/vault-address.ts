import type { FragmentPayload } from "@halfkey/crypto";
import { OperatorError } from "@halfkey/model";

/** @returns scheme, host and port of the vault. @throws {OperatorError} `E_INPUT` */
export function vaultOrigin(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "https:" || url?.protocol === "http:") return url.origin;
  throw new OperatorError(
    "E_INPUT",
    `--vault must be a URL such as https://vault.example:9443, not ${JSON.stringify(text)}`,
  );
}

/**
 * The customer side with another address of its vault. The sealed file names the address of its first day, but a
 * vault may move: what it is told by is its replies' authentication, not its address.
 */
export function withVault(payload: FragmentPayload, vault: string): FragmentPayload {
  return { ...payload, instance: { ...payload.instance, vault: vaultOrigin(vault) } };
}
