import { isDeepStrictEqual } from "node:util";
import { randomBytes, recordKinds } from "@halfkey/crypto";
import type { AuthMethodRecord, Caller, RecordName } from "@halfkey/model";
import type { Services } from "../services.ts";
import type { WritePlan } from "../state/pending-write.ts";
import { type MethodFields, updateMethod } from "./method-writes.ts";

/**
 * Changes a method whose callers are proved by somebody else. Where whom it believes or lets in has changed, the
 * tokens that were given under the old rule end at once.
 *
 * @throws {CallerError} as `updateMethod`
 */
export function updateTrust(
  services: Services,
  caller: Caller,
  current: AuthMethodRecord,
  fields: MethodFields & { name?: RecordName },
): WritePlan<void> {
  const update = updateMethod(services, caller, current, fields);
  const { kubernetes = current.kubernetes, jwt = current.jwt } = fields;
  const isSame = isDeepStrictEqual(kubernetes, current.kubernetes) && isDeepStrictEqual(jwt, current.jwt);
  if (isSame) return update;
  return {
    ...update,
    build(view) {
      const built = update.build(view);
      const method = view.get<AuthMethodRecord>(recordKinds.authMethod, current.accessId);
      if (method !== undefined) view.put({ ...method, generation: randomBytes(4).readUInt32BE() });
      return built;
    },
  };
}
