import type { Check } from "@halfkey/diagnosis";
import type { ClusterPatient } from "./cluster-patient.ts";
import { items, login, ready } from "./gateway.ts";
import { backOff, events, lint } from "./operator-view.ts";
import { baseUrl, certificate, name, port, store, storeCa } from "./store.ts";
import { cluster, externalSecrets, operator } from "./subjects.ts";

/** From the cluster to the item, then what the operator says: what can be tried stands over what is said. */
export const clusterChecks: readonly Check<ClusterPatient>[] = [
  cluster,
  operator,
  externalSecrets,
  store,
  storeCa,
  name,
  port,
  certificate,
  baseUrl,
  ready,
  login,
  items,
  events,
  lint,
  backOff,
];
