import type { Check } from "@halfkey/diagnosis";
import { baseUrl } from "./base-url.ts";
import type { ClientPatient } from "./client-patient.ts";
import { configuration } from "./configuration.ts";
import { fragment } from "./fragment.ts";
import { head } from "./head.ts";
import { clock, health } from "./health.ts";
import { item, permission } from "./item.ts";
import { login } from "./login.ts";
import { certificate, name, port } from "./reach.ts";
import { ready } from "./ready.ts";

/** From this machine to the item, in the order in which one depends on the other. */
export const clientChecks: readonly Check<ClientPatient>[] = [
  configuration,
  name,
  port,
  certificate,
  baseUrl,
  health,
  clock,
  ready,
  fragment,
  login,
  head,
  permission,
  item,
];
