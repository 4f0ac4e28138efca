import type { SettingsRecord } from "@halfkey/model";

/** The customer epoch and the vault epoch of one seal. */
export interface EpochPair {
  readonly customerEpoch: number;
  readonly vaultEpoch: number;
}

/** What everything that is sealed now is sealed under. */
export function epochsOf({ epoch, vaultEpoch }: Pick<SettingsRecord, "epoch" | "vaultEpoch">): EpochPair {
  return { customerEpoch: epoch, vaultEpoch };
}

export function isSamePair(one: EpochPair, other: EpochPair): boolean {
  return one.customerEpoch === other.customerEpoch && one.vaultEpoch === other.vaultEpoch;
}
