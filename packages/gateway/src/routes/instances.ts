import { operations, recordKinds, toBase64Url, writerId, zero32 } from "@halfkey/crypto";
import { CallerError, type InstanceRecord } from "@halfkey/model";
import { type InstanceListReply, InstanceListRequest, InstanceRevokeRequest } from "@halfkey/wire";
import { requireAdmin, requireAdminNow } from "../access/require-admin.ts";
import { command } from "../akeyless/command.ts";
import { epochsOf, isSamePair } from "../state/epoch-pair.ts";

export const instanceList = command({
  name: "instance-list",
  summary: "Tells which gateways may write to this account's journal.",
  request: InstanceListRequest,
  async run(services, { caller, deadline }): Promise<InstanceListReply> {
    await requireAdmin(services, caller, deadline);
    const { replica, keyring } = services;
    const instances = replica.state.writers().map(([instance]) => {
      const id = toBase64Url(keyring.recordId(recordKinds.instance, instance));
      const sealed = replica.index.epochsOf(id);
      const current = sealed === undefined ? null : isSamePair(sealed, epochsOf(replica.settings));
      return { instance, own: instance === keyring.instance, current };
    });
    return { instances };
  },
});

/** With its record, so that it holds no epoch up. What it signs from here on, every other gateway refuses. */
export const instanceRevoke = command({
  name: "instance-revoke",
  summary: "Ends another gateway's right to write to this account's journal.",
  request: InstanceRevokeRequest,
  async run(services, { caller, request: { instance }, deadline, audit }) {
    await requireAdmin(services, caller, deadline);
    const { access, keyring, replica, writes } = services;
    if (!/^[0-9a-f]{32}$/.test(instance) || /^0+$/.test(instance))
      throw new CallerError("E_INPUT", "instance must be 32 lower-case hex digits: halfkey instance list");
    if (instance === keyring.instance) {
      throw new CallerError(
        "E_INPUT",
        "a gateway does not revoke itself: another one may, or halfkey-gateway instance replace gives it a new identity",
      );
    }
    await writes.run(
      () => ({
        claims: [toBase64Url(keyring.recordId(recordKinds.instance, instance))],
        async prepare() {},
        build(view) {
          requireAdminNow(access, caller);
          const id = writerId(instance);
          if (replica.state.trie.get(id) === undefined)
            throw new CallerError("E_NOT_FOUND", `there is no instance ${instance} in this account`);
          view.draft.operations.push({ op: operations.revokeWriter, id, value: zero32 });
          const record = view.get<InstanceRecord>(recordKinds.instance, instance);
          if (record !== undefined) view.remove(record);
          return { result: undefined };
        },
      }),
      deadline,
    );
    await audit.wrote([{ path: "", to: instance }]);
    return { revoked: instance };
  },
});
