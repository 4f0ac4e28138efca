import { type KubernetesConfigRecord, parseRecordName } from "@halfkey/model";
import Type from "typebox";
import { requireAdmin } from "../access/require-admin.ts";
import { configFieldsOf } from "../auth/kubernetes-config-input.ts";
import { createConfig, deleteConfig, findConfig, updateConfig } from "../auth/kubernetes-config-writes.ts";
import type { Services } from "../services.ts";
import { type Command, command } from "./command.ts";

const fields = {
  "k8s-ca-cert": Type.Optional(Type.String()),
  "k8s-issuer": Type.Optional(Type.String()),
  "disable-issuer-validation": Type.Optional(Type.Boolean()),
  "token-reviewer-jwt": Type.Optional(Type.String()),
  "k8s-auth-type": Type.Optional(Type.String()),
  "cluster-api-type": Type.Optional(Type.String()),
  "use-gw-service-account": Type.Optional(Type.Boolean()),
  /** Ours: whether tokens are checked against the cluster's keys, or by asking it each time. */
  mode: Type.Optional(Type.Enum(["offline", "review"])),
};

const create = command({
  name: "gateway-create-k8s-auth-config",
  summary: "Tells how tokens of one cluster's service accounts are proved.",
  status: 201,
  request: Type.Object({
    name: Type.String(),
    "access-id": Type.String(),
    "k8s-host": Type.String(),
    ...fields,
  }),
  async run(services, { caller, request, deadline, audit }) {
    await requireAdmin(services, caller, deadline);
    const name = parseRecordName(request.name);
    const accessId = request["access-id"];
    const input = { host: "", ...configFieldsOf(request), accessId };
    await services.writes.run(() => createConfig(services, caller, name, input), deadline);
    await audit.wrote([{ path: name, to: accessId }]);
    return written(services);
  },
});

const update = command({
  name: "gateway-update-k8s-auth-config",
  summary: "Changes how tokens of one cluster's service accounts are proved. What is left out stays.",
  status: 201,
  request: Type.Object({
    name: Type.String(),
    "new-name": Type.Optional(Type.String()),
    "access-id": Type.Optional(Type.String()),
    "k8s-host": Type.Optional(Type.String()),
    ...fields,
  }),
  async run(services, { caller, request, deadline, audit }) {
    await requireAdmin(services, caller, deadline);
    const name = parseRecordName(request.name);
    const newName = request["new-name"] ? parseRecordName(request["new-name"]) : undefined;
    const accessId = request["access-id"] || undefined;
    const input = {
      ...configFieldsOf(request),
      ...(newName === undefined ? {} : { name: newName }),
      ...(accessId === undefined ? {} : { accessId }),
    };
    await services.writes.run(() => updateConfig(services, caller, name, input), deadline);
    await audit.wrote([{ path: name, ...(newName === undefined ? {} : { to: newName }) }]);
    return written(services);
  },
});

const remove = command({
  name: "gateway-delete-k8s-auth-config",
  summary: "Ends logins by one cluster's service accounts.",
  status: 201,
  request: Type.Object({ name: Type.String() }),
  async run(services, { caller, request, deadline, audit }) {
    await requireAdmin(services, caller, deadline);
    const name = parseRecordName(request.name);
    await services.writes.run(() => deleteConfig(services, caller, name), deadline);
    await audit.wrote([{ path: name }]);
    return written(services);
  },
});

const get = command({
  name: "gateway-get-k8s-auth-config",
  summary: "Tells how tokens of one cluster's service accounts are proved; never its secrets.",
  status: 201,
  request: Type.Object({ name: Type.String() }),
  async run(services, { caller, request, deadline }) {
    await requireAdmin(services, caller, deadline);
    await services.freshness.beforeNegative(deadline);
    return configReply(findConfig(services, request.name));
  },
});

const getAll = command({
  name: "gateway-get-config",
  summary:
    "Tells about this gateway's clusters. The other parts of its configuration are no business of clients.",
  request: Type.Object({}),
  async run(services, { caller, deadline }) {
    await requireAdmin(services, caller, deadline);
    await services.freshness.recent(deadline);
    const configs = [...services.replica.index.kubernetesConfigs()].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    );
    return { version: 1, k8s_auths: { k8s_auths: configs.map(configReply) } };
  },
});

export const kubernetesConfigCommands: readonly Command[] = [create, update, remove, get, getAll];

function written({ keyring }: Services): object {
  return { cluster_id: `acc-${keyring.accountHex.slice(0, 12)}/gateway`, parts_change: {}, total_hash: "" };
}

/** As official clients read it. Secrets are empty whether or not there are any. */
function configReply(config: KubernetesConfigRecord): object {
  return {
    id: config.name,
    name: config.name,
    auth_method_access_id: config.accessId,
    auth_method_prv_key_pem: "",
    am_token_expiration: 300,
    cluster_api_type: "native_k8s",
    k8s_auth_type: "token",
    k8s_host: config.host,
    k8s_ca_cert: Buffer.from(config.caCert ?? "").toString("base64"),
    k8s_client_cert_data: "",
    k8s_client_key_data: "",
    k8s_issuer: config.issuer || "kubernetes/serviceaccount",
    disable_iss_validation: !config.checkIssuer,
    k8s_pub_keys_pem: [],
    k8s_token_reviewer_jwt: "",
    has_token_reviewer_jwt: config.reviewerToken !== undefined,
    use_local_ca_jwt: false,
    mode: config.mode,
    rancher_api_key: "",
    rancher_cluster_id: "",
    protection_key: "",
  };
}
