import type { RotateStatusReply } from "@halfkey/wire";
import { printable } from "./printable.ts";

const barCharacters = 30;

/** How far a rotation is, for people. */
export function rotationText(status: RotateStatusReply): string {
  const { customerEpoch, vaultEpoch, oldCustomerEpochs, oldVaultEpochs, begun, completed } = status;
  const old = (epochs: number[]) => (epochs.length === 0 ? "" : `, ${epochs.join(", ")} still held`);
  const lines = [
    `fragment  ${status.fragment}`,
    `customer  epoch ${customerEpoch}${old(oldCustomerEpochs)}`,
    `vault     epoch ${vaultEpoch}${old(oldVaultEpochs)}`,
    ...(begun === null ? ["never rotated"] : [`begun     ${begun}`]),
    ...(begun !== null && completed === null ? [`progress  ${progressBar(status)}`] : []),
    ...(completed === null ? [] : [`completed ${completed}`]),
    ...(status.error === null ? [] : [`waits     ${printable(status.error)}`]),
    ...status.waitingFor.map((instance) => `waits for instance ${instance}`),
    ...status.broken.map(({ name, version }) => `broken    ${printable(name)}, version ${version}`),
    ...status.objections.map((reason) => `not yet   ${printable(reason)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** `[######----]  61 % · 3,900 of 10,000 records left` */
export function progressBar({ total, left }: Pick<RotateStatusReply, "total" | "left">): string {
  const done = total === 0 ? 1 : (total - left) / total;
  const full = Math.floor(done * barCharacters);
  const bar = `[${"#".repeat(full)}${"-".repeat(barCharacters - full)}]`;
  const percent = String(Math.floor(done * 100)).padStart(3);
  return `${bar} ${percent} % · ${left.toLocaleString("en")} of ${total.toLocaleString("en")} records left`;
}
