import { assocRoleAm, deleteAssoc, describeRoleAmAssoc, updateAssoc } from "./association-commands.ts";
import { auth } from "./auth.ts";
import { authMethodCommands } from "./auth-method-commands.ts";
import type { Command } from "./command.ts";
import { configure } from "./configure.ts";
import { createSecret } from "./create-secret.ts";
import { deleteItem } from "./delete-item.ts";
import { deleteItems } from "./delete-items.ts";
import { describeItem } from "./describe-item.ts";
import { listCustomerFragments, listGateways } from "./gateway-commands.ts";
import { getSecretValue } from "./get-secret-value.ts";
import { getTags } from "./get-tags.ts";
import { jwtMethodCommands } from "./jwt-auth-method-commands.ts";
import { kubernetesConfigCommands } from "./k8s-auth-config-commands.ts";
import { kubernetesMethodCommands } from "./k8s-auth-method-commands.ts";
import { listItems } from "./list-items.ts";
import { moveObjects } from "./move-objects.ts";
import { describePermissions, describeSubClaims } from "./permission-commands.ts";
import { revokeCreds } from "./revoke-creds.ts";
import {
  createRole,
  deleteRole,
  deleteRoleRule,
  getRole,
  listRoles,
  setRoleRule,
  updateRole,
} from "./role-commands.ts";
import { rollbackSecret } from "./rollback-secret.ts";
import { setItemState } from "./set-item-state.ts";
import { updateItem } from "./update-item.ts";
import { updateSecretVal } from "./update-secret-val.ts";
import { validateToken } from "./validate-token.ts";

const built = [
  ...authMethodCommands,
  ...jwtMethodCommands,
  ...kubernetesConfigCommands,
  ...kubernetesMethodCommands,
  assocRoleAm,
  createRole,
  deleteAssoc,
  deleteRole,
  deleteRoleRule,
  describePermissions,
  describeRoleAmAssoc,
  describeSubClaims,
  getRole,
  listRoles,
  setRoleRule,
  updateAssoc,
  updateRole,
  auth,
  configure,
  createSecret,
  deleteItem,
  deleteItems,
  describeItem,
  getSecretValue,
  getTags,
  listCustomerFragments,
  listGateways,
  listItems,
  moveObjects,
  revokeCreds,
  rollbackSecret,
  setItemState,
  updateItem,
  updateSecretVal,
  validateToken,
];

/** The commands that are built, by name. */
export const commands: ReadonlyMap<string, Command> = new Map(built.map((one) => [one.name, one]));
