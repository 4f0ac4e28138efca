import { BlockList, isIP } from "node:net";
import { type AuthMethodRecord, CallerError } from "@halfkey/model";

/** Whether an auth method may be used from an address. A method without bounds may be used from anywhere. */
export function mayComeFrom({ boundIps = [] }: Pick<AuthMethodRecord, "boundIps">, address: string): boolean {
  return boundIps.length === 0 || blocksOf(boundIps).check(plain(address), familyOf(plain(address)));
}

/** Checks CIDR blocks or single addresses as an operator writes them. @throws {CallerError} `E_INPUT` */
export function checkBlocks(field: string, blocks: readonly string[]): string[] {
  for (const block of blocks) {
    try {
      blocksOf([block]);
    } catch (cause) {
      throw new CallerError("E_INPUT", `InvalidParam: ${field} must be CIDR blocks such as 10.0.0.0/8`, {
        cause,
      });
    }
  }
  return [...blocks];
}

export function blocksOf(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = "", prefix] = block.split("/");
    const family = familyOf(address);
    if (isIP(address) === 0) throw new RangeError("no address");
    if (prefix === undefined) list.addAddress(address, family);
    else if (/^\d{1,3}$/.test(prefix)) list.addSubnet(address, Number(prefix), family);
    else throw new RangeError("no prefix");
  }
  return list;
}

/** An IPv4 address as an IPv6 socket tells it is still that IPv4 address. */
export function plain(address: string): string {
  return address.startsWith("::ffff:") && isIP(address.slice(7)) === 4 ? address.slice(7) : address;
}

export function familyOf(address: string): "ipv4" | "ipv6" {
  return isIP(address) === 6 ? "ipv6" : "ipv4";
}
