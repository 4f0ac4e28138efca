import { CallerError, type KubernetesBounds, parseRecordName } from "@halfkey/model";
import Type, { type Static } from "typebox";
import { requireAdmin } from "../access/require-admin.ts";
import { createMethod, findMethod } from "../auth/method-writes.ts";
import { updateTrust } from "../auth/trust-writes.ts";
import { MethodRequestFields, methodFieldsOf } from "./auth-method-commands.ts";
import { type Command, command } from "./command.ts";

const boundsMax = 1000;
const kubernetesName = /^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/;

/**
 * `gen-key`, `public-key` and the answer's `prv_key` are of Akeyless's protocol between its gateway and its service,
 * which has no counterpart here: they are taken and given empty.
 */
const fields = {
  ...MethodRequestFields,
  audience: Type.Optional(Type.String()),
  "bound-namespaces": Type.Optional(Type.Array(Type.String())),
  "bound-sa-names": Type.Optional(Type.Array(Type.String())),
  "bound-pod-names": Type.Optional(Type.Array(Type.String())),
};
const Create = Type.Object({ name: Type.String(), ...fields });
const Update = Type.Object({ name: Type.String(), "new-name": Type.Optional(Type.String()), ...fields });

const create = (name: string, status: number): Command =>
  command({
    name,
    summary: "Creates an auth method for the service accounts of a Kubernetes cluster.",
    status,
    request: Create,
    async run(services, { caller, request, deadline, audit }) {
      await requireAdmin(services, caller, deadline);
      const methodName = parseRecordName(request.name);
      const kubernetes = boundsOf(request, { namespaces: [], serviceAccounts: [], pods: [] });
      const input = { type: "k8s" as const, ...methodFieldsOf(request), kubernetes };
      const { accessId } = await services.writes.run(
        () => createMethod(services, caller, methodName, input),
        deadline,
      );
      await audit.wrote([{ path: methodName, to: accessId }]);
      return { access_id: accessId, access_key: "", name: request.name, prv_key: "", scim_base_url: "" };
    },
  });

const update = (name: string, status: number): Command =>
  command({
    name,
    summary:
      "Changes an auth method for service accounts. What is left out stays; tokens end if bounds change.",
    status,
    request: Update,
    async run(services, { caller, request, deadline, audit }) {
      await requireAdmin(services, caller, deadline);
      const method = findMethod(services, request.name);
      if (method.kubernetes === undefined)
        throw new CallerError("E_INPUT", `auth method ${method.name} is of type ${method.type}`);
      const newName = request["new-name"] ? parseRecordName(request["new-name"]) : undefined;
      const input = {
        ...methodFieldsOf(request),
        kubernetes: boundsOf(request, method.kubernetes),
        ...(newName === undefined ? {} : { name: newName }),
      };
      await services.writes.run(() => updateTrust(services, caller, method, input), deadline);
      await audit.wrote([{ path: method.name, to: method.accessId }]);
      return { name: newName ?? method.name, updated: true, prv_key: "", scim_base_url: "" };
    },
  });

/** Newer and older spelling of each. */
export const kubernetesMethodCommands: readonly Command[] = [
  create("auth-method-create-k8s", 201),
  create("create-auth-method-k8s", 200),
  update("auth-method-update-k8s", 201),
  update("update-auth-method-k8s", 200),
];

function boundsOf(request: Partial<Static<typeof Update>>, current: KubernetesBounds): KubernetesBounds {
  const { audience: audienceBefore, ...before } = current;
  const audience = request.audience ?? audienceBefore ?? "";
  return {
    namespaces: namesOf(request, "bound-namespaces") ?? before.namespaces,
    serviceAccounts: namesOf(request, "bound-sa-names") ?? before.serviceAccounts,
    pods: namesOf(request, "bound-pod-names") ?? before.pods,
    ...(audience === "" ? {} : { audience }),
  };
}

function namesOf(
  request: Partial<Static<typeof Update>>,
  field: "bound-namespaces" | "bound-sa-names" | "bound-pod-names",
): string[] | undefined {
  const names = request[field]
    ?.flatMap((one) => one.split(","))
    .map((one) => one.trim())
    .filter((one) => one !== "");
  if (names === undefined) return undefined;
  if (names.length > boundsMax || !names.every((one) => kubernetesName.test(one))) {
    throw new CallerError(
      "E_INPUT",
      `InvalidParam: ${field} must be up to ${boundsMax} whole names as Kubernetes has them; leave it out for all`,
    );
  }
  return [...new Set(names)];
}
