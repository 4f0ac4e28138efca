import type { Command } from "./command.ts";

/**
 * Every command by its name: one word, or two that belong to a group (`tag add`). Only the one that runs is
 * loaded, because each file costs start-up time; help, documentation and completion load them all. The order is
 * that of every list.
 */
export const catalogue: Record<string, () => Promise<Command>> = {
  put: async () => (await import("./commands/put.ts")).put,
  get: async () => (await import("./commands/get.ts")).get,
  list: async () => (await import("./commands/list.ts")).list,
  tree: async () => (await import("./commands/tree.ts")).tree,
  describe: async () => (await import("./commands/describe.ts")).describe,
  history: async () => (await import("./commands/history.ts")).history,
  diff: async () => (await import("./commands/diff.ts")).diff,
  rollback: async () => (await import("./commands/rollback.ts")).rollback,
  move: async () => (await import("./commands/move.ts")).move,
  delete: async () => (await import("./commands/delete.ts")).deleteItem,
  undelete: async () => (await import("./commands/undelete.ts")).undelete,
  trash: async () => (await import("./commands/trash.ts")).trash,
  "tag add": async () => (await import("./commands/tag-add.ts")).tagAdd,
  "tag remove": async () => (await import("./commands/tag-remove.ts")).tagRemove,
  "tag list": async () => (await import("./commands/tag-list.ts")).tagList,
  enable: async () => (await import("./commands/enable.ts")).enable,
  disable: async () => (await import("./commands/disable.ts")).disable,
  "audit tail": async () => (await import("./commands/audit-tail.ts")).auditTail,
  "audit search": async () => (await import("./commands/audit-search.ts")).auditSearch,
  "audit export": async () => (await import("./commands/audit-export.ts")).auditExport,
  "audit verify": async () => (await import("./commands/audit-verify.ts")).auditVerify,
  explain: async () => (await import("./commands/explain.ts")).explain,
  can: async () => (await import("./commands/explain.ts")).can,
  "who-can": async () => (await import("./commands/who-can.ts")).whoCan,
  "policy apply": async () => (await import("./commands/policy-apply.ts")).policyApply,
  "policy check": async () => (await import("./commands/policy-check.ts")).policyCheck,
  lint: async () => (await import("./commands/lint.ts")).lintCommand,
  "k8s init": async () => (await import("./commands/k8s-init.ts")).k8sInit,
  "k8s secret": async () => (await import("./commands/k8s-secret.ts")).k8sSecret,
  "k8s check": async () => (await import("./commands/k8s-check.ts")).k8sCheck,
  "k8s kick": async () => (await import("./commands/k8s-kick.ts")).k8sKick,
  "k8s rbac": async () => (await import("./commands/k8s-rbac.ts")).k8sRbac,
  revoke: async () => (await import("./commands/revoke.ts")).revoke,
  "head show": async () => (await import("./commands/head-show.ts")).headShow,
  "head push": async () => (await import("./commands/head-push.ts")).headPush,
  "head accept": async () => (await import("./commands/head-accept.ts")).headAccept,
  "rotate customer": async () => (await import("./commands/rotate-start.ts")).rotateCustomer,
  "rotate vault": async () => (await import("./commands/rotate-start.ts")).rotateVault,
  "rotate all": async () => (await import("./commands/rotate-start.ts")).rotateAll,
  "rotate status": async () => (await import("./commands/rotate-status.ts")).rotateStatus,
  "rotate finish": async () => (await import("./commands/rotate-finish.ts")).rotateFinish,
  "instance list": async () => (await import("./commands/instance-list.ts")).instanceList,
  "instance revoke": async () => (await import("./commands/instance-revoke.ts")).instanceRevoke,

  auth: async () => (await import("./commands/auth.ts")).auth,
  "create-secret": async () => (await import("./commands/create-secret.ts")).createSecret,
  "get-secret-value": async () => (await import("./commands/get-secret-value.ts")).getSecretValue,
  "update-secret-val": async () => (await import("./commands/update-secret-val.ts")).updateSecretVal,
  "rollback-secret": async () => (await import("./commands/rollback-secret.ts")).rollbackSecret,
  "describe-item": async () => (await import("./commands/describe-item.ts")).describeItem,
  "list-items": async () => (await import("./commands/list-items.ts")).listItems,
  "update-item": async () => (await import("./commands/update-item.ts")).updateItem,
  "delete-item": async () => (await import("./commands/delete-item.ts")).deleteItemVerb,
  "delete-items": async () => (await import("./commands/delete-items.ts")).deleteItems,
  "get-tags": async () => (await import("./commands/get-tags.ts")).getTags,
  "move-objects": async () => (await import("./commands/move-objects.ts")).moveObjects,
  "set-item-state": async () => (await import("./commands/set-item-state.ts")).setItemState,
  "validate-token": async () => (await import("./commands/validate-token.ts")).validateToken,
  "list-gateways": async () => (await import("./commands/list-gateways.ts")).listGateways,
  "gateway-list-customer-fragments": async () =>
    (await import("./commands/gateway-list-customer-fragments.ts")).gatewayListCustomerFragments,

  configure: async () => (await import("./commands/configure.ts")).configure,
  unconfigure: async () => (await import("./commands/unconfigure.ts")).unconfigure,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  completion: async () => (await import("./commands/completion.ts")).completion,
  version: async () => (await import("./commands/version.ts")).version,
  __complete: async () => (await import("./commands/complete.ts")).complete,
};

export function loadAll(): Promise<Command[]> {
  return Promise.all(Object.values(catalogue).map((load) => load()));
}
