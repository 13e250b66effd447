/**
 * A count that remembers how it spreads: connections are dealt into `PARTS`, and each part is counted by itself. What happens on one
 * connection is no proof for all: a difference that all parts of one side have is.
 */
export class ClusteredCount {
  #total = 0;
  readonly #parts = new Uint32Array(PARTS);

  get total(): number {
    return this.#total;
  }

  get parts(): Uint32Array {
    return this.#parts;
  }

  /** @param part of the connection, below `PARTS` */
  add(part: number): void {
    this.#total++;
    this.#parts[part]!++;
  }
}

export const PARTS = 32;

/** The share in each part in which there is anything at all. */
export function sharesOf(count: ClusteredCount | undefined, of: ClusteredCount): number[] {
  const shares: number[] = [];
  of.parts.forEach((all, part) => {
    if (all > 0) shares.push((count?.parts[part] ?? 0) / all);
  });
  return shares;
}
