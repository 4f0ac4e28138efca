import type { StateTrie } from "./state-trie.ts";

/** A group of writes that is rolled back may have moved one account so often, and the next one starts before it. */
const headsMax = 8;

interface Known {
  /** Ascending by age: head hash (latin1) to state. */
  heads: Map<string, StateTrie>;
  size: number;
}

/**
 * The states of the accounts written last, by their head's hash: an entry names all that went before it, so what is
 * found is right whatever has become of the transaction it was made in, or of the database.
 */
export class AccountStates {
  /** Least recently used first. */
  readonly #accounts = new Map<string, Known>();
  readonly #idsMax: number;
  #ids = 0;

  /** @param idsMax Over all accounts; the one used last is kept whatever its size. 190 bytes each. */
  constructor(idsMax: number) {
    this.#idsMax = idsMax;
  }

  find(account: Uint8Array, head: Uint8Array): StateTrie | undefined {
    return this.#accounts.get(nameOf(account))?.heads.get(nameOf(head));
  }

  keep(account: Uint8Array, head: Uint8Array, state: StateTrie): void {
    const name = nameOf(account);
    const { heads, size } = this.#accounts.get(name) ?? { heads: new Map<string, StateTrie>(), size: 0 };
    heads.set(nameOf(head), state);
    for (const oldest of heads.keys()) {
      if (heads.size <= headsMax) break;
      heads.delete(oldest);
    }
    this.#accounts.delete(name);
    this.#accounts.set(name, { heads, size: state.size });
    this.#ids += state.size - size;
    for (const [oldest, known] of this.#accounts) {
      if (this.#ids <= this.#idsMax || oldest === name) break;
      this.#accounts.delete(oldest);
      this.#ids -= known.size;
    }
  }
}

function nameOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
