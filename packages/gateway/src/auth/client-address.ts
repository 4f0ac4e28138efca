import { type BlockList, isIP } from "node:net";
import { blocksOf, familyOf, plain } from "./bound-addresses.ts";

/**
 * Where a request comes from: the socket's other end, unless that is a proxy the operator named; then the last
 * address in `X-Forwarded-For` that no such proxy has. A client can write into the header whatever it likes (one
 * official SDK always does), so without a named proxy it counts for nothing.
 */
export class ClientAddress {
  readonly #proxies: BlockList | undefined;

  /** @param proxies CIDR blocks or addresses. @throws {RangeError} for one that is none */
  constructor(proxies: readonly string[]) {
    this.#proxies = proxies.length === 0 ? undefined : blocksOf(proxies);
  }

  of(socketAddress: string, forwardedFor: string | undefined): string {
    if (this.#proxies === undefined || forwardedFor === undefined) return socketAddress;
    let address = socketAddress;
    // From the right: each proxy has added whom it heard from, so the first stranger's word is where trust ends.
    for (const hop of forwardedFor.split(",").reverse()) {
      if (!this.#isProxy(address)) return address;
      const named = hop.trim();
      if (isIP(named) === 0) return address;
      address = named;
    }
    return address;
  }

  #isProxy(address: string): boolean {
    const bare = plain(address);
    return isIP(bare) !== 0 && this.#proxies?.check(bare, familyOf(bare)) === true;
  }
}
