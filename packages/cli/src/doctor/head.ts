import { type Check, fail, ok, skipped, warn } from "@halfkey/diagnosis";
import type { HeadShowReply } from "@halfkey/wire";
import { ServerRefusal } from "../cli-error.ts";
import type { ClientPatient } from "./client-patient.ts";

/** The gateway's own view of the vault, for admins. */
export const head: Check<ClientPatient> = {
  id: "head",
  title: "vault's head",
  needs: ["login"],
  async look({ gateway }) {
    if (gateway === undefined) return skipped("not logged in");
    let heads: HeadShowReply;
    try {
      heads = await gateway.callOwn<HeadShowReply>("head-show", {});
    } catch (error) {
      if (error instanceof ServerRefusal && error.code === "E_DENIED") return skipped("for admins only");
      throw error;
    }
    const { own, vault, vaultError, poisoned } = heads;
    if (vault === null)
      return fail("vault-unreachable", vaultError ?? "the vault did not answer the gateway");
    if (poisoned > 0)
      return warn(`${poisoned} records whose current content the vault does not give`, "halfkey head show");
    if (vault.seq < own.seq)
      return warn(`the vault is at ${vault.seq}, behind the gateway's ${own.seq}`, "halfkey head show");
    return ok(`the vault is at ${vault.seq}, the gateway at ${own.seq}`);
  },
};
