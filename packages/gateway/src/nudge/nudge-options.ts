import type { Config, Setting } from "@halfkey/runtime";

export const nudgeSettings = {
  nudge: {
    type: "boolean",
    default: false,
    doc: "Tell External Secrets what to read again after a change or an outage (docs/nudge.md).",
  },
  "nudge-kubeconfig": {
    type: "string",
    doc: "Kubeconfig of the cluster; without one the account of the pod that the gateway runs in.",
  },
  "nudge-stores": {
    type: "list",
    default: ["cm-akeyless"],
    doc: "Stores that lead here: `name` of a ClusterSecretStore, `namespace/name` of a SecretStore.",
  },
  "nudge-per-second": {
    type: "integer",
    default: 50,
    minimum: 1,
    maximum: 1000,
    doc: "Nudges per second in the long run.",
  },
  "nudge-burst": {
    type: "integer",
    default: 100,
    minimum: 1,
    maximum: 10_000,
    doc: "Nudges that may be sent at once after a quiet time.",
  },
  "nudge-restarts": {
    type: "boolean",
    default: false,
    doc: "Restart workloads that ask for it by annotation once their Secret has changed.",
  },
} as const satisfies Record<string, Setting>;

export interface NudgeOptions {
  /** Absent: the account of the pod that this runs in. */
  kubeconfig: string | undefined;
  /** `name` of a ClusterSecretStore, `namespace/name` of a SecretStore. */
  stores: readonly string[];
  perSecond: number;
  burst: number;
  restarts: boolean;
}

/** @returns undefined where it is off. */
export function nudgeOptionsOf(config: Config<typeof nudgeSettings>): NudgeOptions | undefined {
  if (!config.nudge) return undefined;
  return {
    kubeconfig: config["nudge-kubeconfig"],
    stores: config["nudge-stores"],
    perSecond: config["nudge-per-second"],
    burst: config["nudge-burst"],
    restarts: config["nudge-restarts"],
  };
}
