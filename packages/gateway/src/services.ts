import type { AccessDecisions } from "./access/access-decisions.ts";
import type { Audit } from "./audit/audit.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import type { Revocations } from "./auth/revocations.ts";
import type { Keyring } from "./fragment/keyring.ts";
import type { ItemReader } from "./items/item-reader.ts";
import type { WriteParts } from "./items/item-writing.ts";
import type { Rotation } from "./rotation/rotation.ts";
import type { Freshness } from "./state/contacts.ts";
import type { HeadControl } from "./state/head-control.ts";
import type { Replica } from "./state/replica.ts";
import type { Writes } from "./state/writes.ts";

/** What the routes may use: everything is decided behind these, never in a route. */
export interface Services {
  authenticator: Authenticator;
  access: AccessDecisions;
  audit: Audit;
  reader: ItemReader;
  revocations: Revocations;
  writes: Writes;
  writeParts: WriteParts;
  freshness: Freshness;
  head: HeadControl;
  rotation: Rotation;
  replica: Replica;
  keyring: Keyring;
}
