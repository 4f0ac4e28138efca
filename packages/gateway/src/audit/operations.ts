/** What the audit log calls an operation, by command; a command that is not here is called by its own name. */
const operationNames: Readonly<Record<string, string>> = {
  auth: "login",
  configure: "login",
  "derived-key": "derive",
  envelope: "envelope",
  "get-secret-value": "read",
  "create-secret": "create",
  "update-secret-val": "update",
  "rollback-secret": "rollback",
  "update-item": "change",
  "set-item-state": "change",
  "delete-item": "delete",
  "delete-items": "delete",
  "move-objects": "move",
  "describe-item": "describe",
  "get-tags": "describe",
  "list-items": "list",
  trash: "list",
  "audit/search": "audit-search",
  "audit/tail": "audit-tail",
  "audit/verify": "audit-verify",
};

/** Commands whose success gets no entry: they go on while the log cannot be written. */
const unrecorded = new Set([
  "auth-method-get",
  "auth-method-list",
  "describe-permissions",
  "describe-role-am-assoc",
  "describe-sub-claims",
  "explain",
  "who-can",
  "gateway-get-config",
  "gateway-get-k8s-auth-config",
  "get-auth-method",
  "get-role",
  "list-auth-methods",
  "list-roles",
  "describe-item",
  "get-tags",
  "list-items",
  "trash",
  "validate-token",
  "list-gateways",
  "gateway-list-customer-fragments",
  "audit/search",
  "audit/tail",
  "audit/verify",
  "instance-list",
  "rotate-status",
]);

export function operationName(command: string): string {
  return Object.hasOwn(operationNames, command) ? (operationNames[command] as string) : command;
}

/** Whether a command's success gets an entry. A new command does, until somebody decides otherwise. */
export function isRecorded(command: string): boolean {
  return !unrecorded.has(command);
}
