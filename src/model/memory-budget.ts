/**
 * The bound on what Tapline buffers. Whoever keeps bytes reserves them first and releases them when it lets go; a budget
 * that is used up refuses; what cannot be refused (`reserve`) exceeds it until something else was let go. A child has a limit of its own within its parent's.
 *
 *     process (256 MiB) ─┬─ analysis ──┬─ connection 1 (16 MiB)
 *                        │             └─ connection 2 (16 MiB)
 *                        └─ tap ─────────  connection 1 (64 MiB)
 */
export class MemoryBudget {
  readonly limit: number;
  readonly #parent: MemoryBudget | undefined;
  readonly #relieve: (() => boolean) | undefined;
  readonly #relieveHere: (() => boolean) | undefined;
  #used = 0;
  #peak = 0;
  #refusals = 0;

  /** @param limit bytes */
  constructor(limit: number, parent?: MemoryBudget, relieve?: () => boolean, relieveHere?: () => boolean) {
    this.limit = limit;
    this.#parent = parent;
    this.#relieve = relieve;
    this.#relieveHere = relieveHere;
  }

  /**
   * A budget of at most `limit` bytes that is charged here too.
   * @param relieve asked again and again while there is no room in a parent: lets go of something that is needed less, or says false
   * @param relieveHere the same, while there is no room here: where several share it
   */
  child(limit: number, relieve?: () => boolean, relieveHere?: () => boolean): MemoryBudget {
    return new MemoryBudget(limit, this, relieve, relieveHere);
  }

  /** Reserves `bytes` here and in every parent, or nowhere. False when one of them is used up: nothing may be kept then. */
  tryReserve(bytes: number): boolean {
    if (this.#relieveHere !== undefined && bytes <= this.limit)
      while (this.#used + bytes > this.limit && this.#relieveHere());
    if (this.#used + bytes > this.limit || (this.#parent !== undefined && !this.#reserveAbove(this.#parent, bytes))) {
      this.#refusals++;
      return false;
    }
    this.#used += bytes;
    if (this.#used > this.#peak) this.#peak = this.#used;
    return true;
  }

  #reserveAbove(parent: MemoryBudget, bytes: number): boolean {
    if (this.#relieve !== undefined) while (!parent.#hasRoom(bytes) && this.#relieve());
    return parent.tryReserve(bytes);
  }

  #hasRoom(bytes: number): boolean {
    return this.#used + bytes <= this.limit && (this.#parent === undefined || this.#parent.#hasRoom(bytes));
  }

  /**
   * Reserves `bytes` even where there is no room: of what is there already and can only be given up afterwards. Whoever owns such
   * things looks at `isExceeded`, and lets go of some until it is not.
   */
  reserve(bytes: number): void {
    this.#used += bytes;
    if (this.#used > this.#peak) this.#peak = this.#used;
    this.#parent?.reserve(bytes);
  }

  /** More is reserved than there should be, here or in a parent. */
  get isExceeded(): boolean {
    return this.#used > this.limit || this.#parent?.isExceeded === true;
  }

  release(bytes: number): void {
    this.#used -= bytes;
    this.#parent?.release(bytes);
  }

  /** Gives everything back that is reserved here: for a child whose owner is gone. */
  releaseAll(): void {
    this.release(this.#used);
  }

  /** Bytes reserved now. */
  get used(): number {
    return this.#used;
  }

  /** The most that was ever reserved at once. */
  get peak(): number {
    return this.#peak;
  }

  /** How often a reservation was refused: what the limit cost. */
  get refusals(): number {
    return this.#refusals;
  }
}

/** The budget of a process that was not told otherwise: 256 MiB. */
export const DEFAULT_MEMORY_BUDGET = 256 * 1024 * 1024;
