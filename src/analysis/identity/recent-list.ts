/**
 * Items in the order in which they came: put in at the end, taken out at the beginning, each at the same small cost. An array, and not a set: where the
 * first members of a set were deleted, each look for the next passes over all of them.
 */
export class RecentList<Item> {
  /** From `#oldest` on. */
  #items: Item[] = [];
  #oldest = 0;

  get size(): number {
    return this.#items.length - this.#oldest;
  }

  get last(): Item | undefined {
    return this.#items.at(-1);
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Takes out the oldest. */
  shift(): Item | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#oldest++];
    if (2 * this.#oldest >= this.#items.length) {
      this.#items = this.#items.slice(this.#oldest);
      this.#oldest = 0;
    }
    return item;
  }

  *[Symbol.iterator](): Iterator<Item> {
    for (let at = this.#oldest; at < this.#items.length; at++) yield this.#items[at]!;
  }
}
