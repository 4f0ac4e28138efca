import { isIPv4, isIPv6 } from "node:net";

/** The network an address belongs to for counting: /24 of IPv4, /64 of IPv6, as `10.1.2.0/24`. */
export function sourcePrefix(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  if (isIPv4(plain)) return `${plain.slice(0, plain.lastIndexOf("."))}.0/24`;
  // A zone (`fe80::1%eth0`) names an interface of this machine, not a network.
  const [bare = ""] = plain.split("%");
  if (!isIPv6(bare)) return "unknown";
  const groups = expand(bare)
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16));
  while (groups.at(-1) === "0") groups.pop();
  return `${groups.join(":")}::/64`;
}

/** The first groups of an IPv6 address with `::` written out; a dotted last part counts as two. */
function expand(address: string): string[] {
  const [before = "", after] = address.split("::");
  const left = before === "" ? [] : before.split(":");
  const right = after === undefined || after === "" ? [] : after.split(":");
  const width = left.length + right.length + (address.includes(".") ? 1 : 0);
  const middle = after === undefined ? 0 : 8 - width;
  return [...left, ...Array<string>(Math.max(middle, 0)).fill("0"), ...right];
}
