import type { Direction, MemoryBudget, Timestamp } from "../../model/index.ts";
import type { TlsRecord } from "../../wire/tls/record-parser.ts";

/**
 * Records that a TLS connection holds until they can be decrypted, in the order in which they came, within a limit and a budget.
 *
 *     read 1 │ write 1 │ read 2 │ write gap │ write 2        a direction's items stay in their order; one that cannot be
 *       ✗        ✓         ✗          ✓          ✓           opened holds back those of its direction only
 */
export class HeldRecords {
  readonly #limit: number;
  readonly #budget: MemoryBudget;
  #items: { readonly item: HeldItem; readonly bytes: number }[] = [];
  #bytes = 0;

  /** @param limit bytes held at most */
  constructor(limit: number, budget: MemoryBudget) {
    this.#limit = limit;
    this.#budget = budget;
  }

  get empty(): boolean {
    return this.#items.length === 0;
  }

  /** Whether something of that direction is held: what comes next in it has to wait too. */
  holds(direction: Direction): boolean {
    return this.#items.some(({ item }) => item.direction === direction);
  }

  /** Adds an item of so many bytes. Gives what had to make room, oldest first (the item itself when it does not fit at all). */
  add(item: HeldItem, length: number): HeldItem[] {
    const bytes = ITEM_BYTES + length;
    const dropped: HeldItem[] = [];
    const drop = () => {
      const oldest = this.#items.shift()!;
      this.#forget(oldest.bytes);
      dropped.push(oldest.item);
    };
    while (this.#bytes + bytes > this.#limit && this.#items.length > 0) drop();
    while (!this.#budget.tryReserve(bytes)) {
      if (this.#items.length === 0) return [...dropped, item];
      drop();
    }
    this.#items.push({ item, bytes });
    this.#bytes += bytes;
    return dropped;
  }

  /** Offers each item in turn; those that `take` does not take stay, and so do all after them in their direction. */
  release(take: (item: HeldItem) => boolean): void {
    const items = this.#items;
    this.#items = [];
    const kept: typeof items = [];
    const stuck = new Set<Direction>();
    for (const entry of items) {
      if (stuck.has(entry.item.direction) || !take(entry.item)) {
        stuck.add(entry.item.direction);
        kept.push(entry);
      } else this.#forget(entry.bytes);
    }
    // Nothing is added while items are taken: what opens them only looks inwards.
    this.#items = kept;
  }

  #forget(bytes: number): void {
    this.#bytes -= bytes;
    this.#budget.release(bytes);
  }
}

/** Rough memory of an item besides its bytes. */
const ITEM_BYTES = 256;

/** Items that wait for their turn: records that cannot be opened yet, and what came behind them. */
export type HeldItem =
  | { readonly kind: "record"; readonly direction: Direction; readonly record: TlsRecord; readonly time: Timestamp }
  | { readonly kind: "gap"; readonly direction: Direction; readonly size: number | undefined; readonly time: Timestamp }
  | { readonly kind: "end"; readonly direction: Direction; readonly time: Timestamp };
