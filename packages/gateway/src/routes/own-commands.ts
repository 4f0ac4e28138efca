import type { Command } from "../akeyless/command.ts";
import { auditSearch, auditTail, auditVerify } from "./audit-commands.ts";
import { derivedKey } from "./derived-key.ts";
import { envelope } from "./envelope.ts";
import { explain } from "./explain.ts";
import { headAccept, headPush, headShow } from "./head.ts";
import { instanceList, instanceRevoke } from "./instances.ts";
import { revoke } from "./revoke.ts";
import { rotateFinish, rotateStart, rotateStatus } from "./rotate.ts";
import { trash } from "./trash.ts";
import { undelete } from "./undelete.ts";
import { whoCan } from "./who-can.ts";

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
  instanceList,
  instanceRevoke,
  rotateFinish,
  rotateStart,
  rotateStatus,
  trash,
  undelete,
];

/** Our own commands, `POST /halfkey/v1/<name>`: what the Akeyless API has no words for. */
export const ownCommands: ReadonlyMap<string, Command> = new Map(built.map((one) => [one.name, one]));
