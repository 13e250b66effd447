import type { Header } from "../../model/index.ts";

/**
 * HPACK's dynamic table (RFC 7541 §2.3.2) as somebody sees it who may have come late.
 *
 *        newest                                   oldest
 *          1      2      3   …    count   count+1   …
 *       ┌──────┬──────┬──────┬───┬──────┬ ─ ─ ─ ─ ─ ─ ─ ─ ┐
 *       │ entries that were seen inserted │ unseen, maybe  │     indices count from the newest:
 *       └──────┴──────┴──────┴───┴──────┴ ─ ─ ─ ─ ─ ─ ─ ─ ┘     an insertion moves all of them by one
 *
 * Because indices count from the newest entry, a reference to one of the `count` last insertions resolves exactly, whatever
 * stood in the table before them. Behind these there may be entries that were never seen (the connection was joined late, or
 * some of its bytes were lost) or that this table had no memory for: while `hasUnseen`, a reference to them is legitimate and
 * means an unknown header. They are gone for certain when the sender's own limit squeezes them out, or when it empties the table.
 *
 * An entry that this table still holds although the sender has evicted it does no harm: no valid reference names it.
 */
export class DynamicTable {
  /** Bytes that this table keeps at most, whatever the sender may use. */
  readonly #memory: number;
  /** A ring; its length is a power of two. The newest entry stands at `#newest`, older ones at falling positions. */
  #ring: Header[] = new Array<Header>(16);
  #newest = 0;
  #count = 0;
  #size = 0;
  #capacity: number;
  #hasUnseen: boolean;

  /**
   * @param memory bytes kept at most (by the measure of §4.1)
   * @param capacity the limit that the sender keeps to; Infinity when it is not known
   * @param hasUnseen whether the sender may have inserted entries before
   */
  constructor(memory: number, capacity: number, hasUnseen: boolean) {
    this.#memory = memory;
    this.#capacity = capacity;
    this.#hasUnseen = hasUnseen;
  }

  /** How many entries can be named. */
  get count(): number {
    return this.#count;
  }

  /** The size of those (§4.1); a part that is unknown counts 0. */
  get size(): number {
    return this.#size;
  }

  /** Whether the sender may name entries beyond `count`. */
  get hasUnseen(): boolean {
    return this.#hasUnseen;
  }

  /** The entry at a dynamic index, from 1; undefined beyond `count`. */
  get(index: number): Header | undefined {
    if (index > this.#count) return undefined;
    return this.#ring[(this.#newest - index + 1) & (this.#ring.length - 1)];
  }

  insert(header: Header): void {
    const size = sizeOfEntry(header);
    this.#evictTo(this.#capacity - size);
    if (size > this.#capacity) return;
    if (this.#size + size > this.#memory) {
      this.#hasUnseen = true;
      if (size > this.#memory) {
        this.#clear();
        return;
      }
      while (this.#size + size > this.#memory) this.#evictOldest();
    }
    if (this.#count === this.#ring.length) this.#grow();
    this.#newest = (this.#newest + 1) & (this.#ring.length - 1);
    this.#ring[this.#newest] = header;
    this.#count++;
    this.#size += size;
    this.#dropSqueezed();
  }

  /** The sender has changed its limit (§4.3). */
  resize(capacity: number): void {
    this.#capacity = capacity;
    this.#evictTo(capacity);
    this.#dropSqueezed();
  }

  /** Insertions may have been missed: nothing that was seen can be named any more, nor is the sender's limit known. */
  forget(): void {
    this.#clear();
    this.#capacity = Number.POSITIVE_INFINITY;
    this.#hasUnseen = true;
  }

  /** Evicts as the sender does. When it evicts an entry that was seen, all older ones have gone before. */
  #evictTo(size: number): void {
    if (size < 0) {
      this.#clear();
      this.#hasUnseen = false;
      return;
    }
    while (this.#size > size) {
      this.#evictOldest();
      this.#hasUnseen = false;
    }
  }

  /** An entry takes 32 bytes at least: when there is not that much room left, there is none that was not seen. */
  #dropSqueezed(): void {
    if (this.#capacity - this.#size < ENTRY_OVERHEAD) this.#hasUnseen = false;
  }

  #evictOldest(): void {
    const at = (this.#newest - this.#count + 1) & (this.#ring.length - 1);
    this.#size -= sizeOfEntry(this.#ring[at]!);
    this.#count--;
  }

  #clear(): void {
    this.#count = 0;
    this.#size = 0;
  }

  #grow(): void {
    const grown = new Array<Header>(this.#ring.length * 2);
    for (let index = this.#count; index > 0; index--) grown[this.#count - index] = this.get(index)!;
    this.#ring = grown;
    this.#newest = this.#count - 1;
  }
}

const ENTRY_OVERHEAD = 32;

/** RFC 7541 §4.1; a part that is unknown counts 0. */
export function sizeOfEntry(header: Header): number {
  return (header.name?.length ?? 0) + (header.value?.length ?? 0) + ENTRY_OVERHEAD;
}
