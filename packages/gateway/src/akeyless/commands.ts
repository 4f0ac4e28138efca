import { auth } from "./auth.ts";
import type { Command } from "./command.ts";
import { createSecret } from "./create-secret.ts";
import { deleteItem } from "./delete-item.ts";
import { describeItem } from "./describe-item.ts";
import { getSecretValue } from "./get-secret-value.ts";
import { listItems } from "./list-items.ts";
import { updateSecretVal } from "./update-secret-val.ts";

/** The commands that are built. */
export const commands: ReadonlyMap<string, Command> = new Map(
  [auth, createSecret, deleteItem, describeItem, getSecretValue, listItems, updateSecretVal].map((one) => [
    one.name,
    one,
  ]),
);
