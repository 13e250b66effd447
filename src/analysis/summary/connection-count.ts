/** How many connections there are: so many are told apart, and what belongs to others is taken for one connection each time. */
export class ConnectionCount {
  readonly #most: number;
  /** By their sources. */
  readonly #known = new Map<string | undefined, Set<bigint>>();
  #last: { readonly source: string | undefined; readonly ids: Set<bigint> } | undefined;
  #toldApart = 0;
  #further = 0;

  constructor(most = 262_144) {
    this.#most = most;
  }

  get count(): number {
    return this.#toldApart + this.#further;
  }

  /** Whether it is another one; false where that is not known any more. */
  add(source: string | undefined, id: bigint): boolean {
    const ids = this.#idsOf(source);
    if (ids.has(id)) return false;
    if (this.#toldApart >= this.#most) {
      this.#further++;
      return false;
    }
    ids.add(id);
    this.#toldApart++;
    return true;
  }

  #idsOf(source: string | undefined): Set<bigint> {
    if (this.#last?.source === source && this.#last !== undefined) return this.#last.ids;
    let ids = this.#known.get(source);
    if (ids === undefined) {
      ids = new Set();
      if (this.#toldApart < this.#most) this.#known.set(source, ids);
    }
    this.#last = { source, ids };
    return ids;
  }
}
