import { recordKinds, toBase64Url } from "@halfkey/crypto";
import type { InstanceRecord } from "@halfkey/model";
import type { Keyring } from "../fragment/keyring.ts";
import type { WritePlan } from "./pending-write.ts";

/**
 * This instance's own record: who runs, since which boot, and how far its audit log reaches. A change of it
 * that this process did not make means that its identity was copied.
 */
export function instanceRecordPlan(
  keyring: Keyring,
  anchor: Pick<InstanceRecord, "boot" | "k" | "size" | "root">,
): WritePlan<void> {
  return {
    claims: [toBase64Url(keyring.recordId(recordKinds.instance, keyring.instance))],
    async prepare() {},
    build(view) {
      view.put({ t: "audit", instance: keyring.instance, ...anchor });
      return { result: undefined };
    },
  };
}
