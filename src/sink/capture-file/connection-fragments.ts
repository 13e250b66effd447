import type { Connection } from "../../model/index.ts";

/** Which packets of one file were fragments of which connection's datagrams; so many are remembered, 8 bytes each. */
export class ConnectionFragments {
  readonly #limit: number;
  readonly #ordinals = new Map<bigint, number[]>();
  #size = 0;
  #forgotten = 0;

  /** @param limit default 2 097 152, which are 16 MiB */
  constructor(limit = 2 ** 21) {
    this.#limit = limit;
  }

  /** Fragments that there was no room for. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** @param ordinals the packets' places in the file */
  add({ id }: Connection, ordinals: readonly number[]): void {
    if (this.#size + ordinals.length > this.#limit) {
      this.#forgotten += ordinals.length;
      return;
    }
    this.#size += ordinals.length;
    const known = this.#ordinals.get(id);
    if (known === undefined) this.#ordinals.set(id, [...ordinals]);
    else for (const ordinal of ordinals) known.push(ordinal);
  }

  /** The fragments of the connections that are wanted, in the file's order. */
  select(isWanted: (id: bigint) => boolean): Float64Array {
    const wanted = [...this.#ordinals].filter(([id]) => isWanted(id)).map(([, ordinals]) => ordinals);
    const selected = new Float64Array(wanted.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const ordinals of wanted) {
      selected.set(ordinals, at);
      at += ordinals.length;
    }
    return selected.sort();
  }
}
