import type { Command } from "../akeyless/command.ts";
import { auditSearch, auditTail, auditVerify } from "./audit-commands.ts";
import { derivedKey, envelope } from "./derived-key.ts";
import { explain, revoke, whoCan } from "./explain.ts";
import { headAccept, headPush, headShow } from "./head.ts";
import { trash } from "./trash.ts";
import { undelete } from "./undelete.ts";

const built = [
  derivedKey,
  envelope,
  explain,
  revoke,
  whoCan,
  auditSearch,
  auditTail,
  auditVerify,
  headAccept,
  headPush,
  headShow,
  trash,
  undelete,
];

/** Our own commands, `POST /halfkey/v1/<name>`: what the Akeyless API has no words for. */
export const ownCommands: ReadonlyMap<string, Command> = new Map(built.map((one) => [one.name, one]));
