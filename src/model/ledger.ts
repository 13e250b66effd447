import type { LedgerReason } from "./ledger-reasons.ts";
/**
 * The ledger: every unit (byte or record) that enters a part of Tapline is accounted for when it leaves.
 *
 *     entered = handled + skipped(reason) + truncated(reason) + dropped(reason) + buffered
 *
 * One book a thing that is counted (`bytes`, `records`, `traces`, …). `buffered` is a level, the rest are sums. Reasons
 * are short lower-case words with hyphens (`LedgerReason`); a book tells `MAX_REASONS` of each kind apart, and sums further ones as `other`.
 */
export class Ledger {
  readonly #books = new Map<string, LedgerBook>();

  /** The book of that name, made at its first use. */
  book(name: string): LedgerBook {
    let book = this.#books.get(name);
    if (book === undefined) {
      book = new LedgerBook(name);
      this.#books.set(name, book);
    }
    return book;
  }

  get books(): Iterable<LedgerBook> {
    return this.#books.values();
  }

  /** Whether every book balances. */
  get balanced(): boolean {
    for (const book of this.#books.values()) if (book.imbalance !== 0) return false;
    return true;
  }

  /** Books in which something is buffered: none, once nothing is open any more. */
  get unsettled(): LedgerBook[] {
    return [...this.#books.values()].filter(({ buffered }) => buffered !== 0);
  }

  /** Enters what another ledger says, which is over: a thread's. */
  add({ books }: LedgerFacts): void {
    for (const { name, entered, handled, buffered, skipped, truncated, dropped } of books) {
      const book = this.book(name);
      book.entered += entered;
      book.handled += handled;
      book.buffered += buffered;
      for (const [reasons, amounts] of [
        [book.skippedBy, skipped],
        [book.truncatedBy, truncated],
        [book.droppedBy, dropped],
      ] as const)
        for (const [reason, amount] of Object.entries(amounts)) add(reasons, reason, amount);
    }
  }

  /** As JSON has it: whether it balances, and every book. */
  get facts(): LedgerFacts {
    return { balanced: this.balanced, books: [...this.#books.values()].map((book) => book.facts) };
  }

  /**
   * One line a book: `bytes: 4096 in = 4000 handled + 96 skipped (not-http 96)`; says so when a book does not balance.
   * @param which all books; those that anything entered (`used`); those that tell of a loss (`lossy`)
   */
  format(which: "all" | "used" | "lossy" = "all"): string[] {
    return [...this.#books.values()].filter((book) => isTold(book, which)).map((book) => book.format());
  }

  /**
   * As a command says it last: one line (`nothing lost: 12 packets, 4096 bytes`) where nothing was lost and nothing is buffered, or else
   * one a book.
   */
  formatBalance(which: "all" | "used" | "lossy"): string[] {
    const books = [...this.#books.values()];
    if (which === "lossy" || books.some((book) => book.hasLoss || book.buffered !== 0)) return this.format(which);
    const amounts = books.filter(({ name, entered }) => name !== SHOWN && entered > 0);
    if (amounts.length === 0) return which === "used" || books.length === 0 ? [] : ["nothing lost: nothing came"];
    return [`nothing lost: ${amounts.map(({ name, entered }) => `${entered} ${name}`).join(", ")}`];
  }
}

export interface LedgerFacts {
  readonly balanced: boolean;
  readonly books: readonly BookFacts[];
}

/** A book's amounts; what was skipped, truncated and dropped by reason. */
export interface BookFacts {
  readonly name: string;
  readonly entered: number;
  readonly handled: number;
  readonly buffered: number;
  readonly skipped: Readonly<Record<string, number>>;
  readonly truncated: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
}

/** One account of the ledger. All amounts are whole, not negative, and below 2^53. */
export class LedgerBook {
  readonly name: string;
  entered = 0;
  handled = 0;
  /** The level of what entered and has not left yet. */
  buffered = 0;
  readonly skippedBy = new Map<string, number>();
  readonly truncatedBy = new Map<string, number>();
  readonly droppedBy = new Map<string, number>();

  constructor(name: string) {
    this.name = name;
  }

  /** Takes `amount` in; it is buffered until it is settled with one of the calls below. */
  enter(amount: number): void {
    this.entered += amount;
    this.buffered += amount;
  }

  /** Understood, or handed on whole. */
  settleHandled(amount: number): void {
    this.handled += amount;
    this.buffered -= amount;
  }

  /** Amounts settled as handled turned out to be lost: a file that was written is gone. */
  revokeHandled(reason: LedgerReason, amount: number): void {
    if (amount === 0) return;
    this.handled -= amount;
    add(this.droppedBy, reason, amount);
  }

  /** Seen, and deliberately not looked into. */
  settleSkipped(reason: LedgerReason, amount: number): void {
    add(this.skippedBy, reason, amount);
    this.buffered -= amount;
  }

  /** Cut off by a limit. */
  settleTruncated(reason: LedgerReason, amount: number): void {
    add(this.truncatedBy, reason, amount);
    this.buffered -= amount;
  }

  /** Lost. */
  settleDropped(reason: LedgerReason, amount: number): void {
    add(this.droppedBy, reason, amount);
    this.buffered -= amount;
  }

  /** Something that entered was not handled, and not for a reason that is no loss. */
  get hasLoss(): boolean {
    const skipped = [...this.skippedBy.keys()].some((reason) => !NO_LOSS.has(reason));
    return skipped || this.truncatedBy.size > 0 || this.droppedBy.size > 0 || this.imbalance !== 0;
  }

  get skipped(): number {
    return sum(this.skippedBy);
  }

  get truncated(): number {
    return sum(this.truncatedBy);
  }

  get dropped(): number {
    return sum(this.droppedBy);
  }

  /** 0 when the book balances. A negative `buffered` (more left than entered) counts as an imbalance. */
  get imbalance(): number {
    const difference = this.entered - this.handled - this.skipped - this.truncated - this.dropped - this.buffered;
    return difference === 0 && this.buffered < 0 ? this.buffered : difference;
  }

  get facts(): BookFacts {
    const { name, entered, handled, buffered } = this;
    return {
      ...{ name, entered, handled, buffered },
      skipped: Object.fromEntries(this.skippedBy),
      truncated: Object.fromEntries(this.truncatedBy),
      dropped: Object.fromEntries(this.droppedBy),
    };
  }

  format(): string {
    const parts = [`${this.handled} handled`];
    for (const [kind, amounts] of [
      ["skipped", this.skippedBy],
      ["truncated", this.truncatedBy],
      ["dropped", this.droppedBy],
    ] as const) {
      if (amounts.size > 0)
        parts.push(
          `${sum(amounts)} ${kind} (${[...amounts].map(([reason, amount]) => `${reason} ${amount}`).join(", ")})`,
        );
    }
    if (this.buffered !== 0) parts.push(`${this.buffered} buffered`);
    const line = `${this.name}: ${this.entered} in = ${parts.join(" + ")}`;
    return this.imbalance === 0 ? line : `${line}: DOES NOT BALANCE (off by ${this.imbalance})`;
  }
}

function isTold(book: LedgerBook, which: "all" | "used" | "lossy"): boolean {
  if (which === "lossy" || book.name === SHOWN) return book.hasLoss;
  return which === "all" || book.entered > 0 || book.imbalance !== 0;
}

/** How much was shown is said in a line of its own: its book tells only of what was lost. */
const SHOWN = "shown";

/**
 * Reasons to skip what holds nothing of the traffic, or what was there already: events without data, heads of packets and of records in
 * files, bytes that were sent again.
 */
const NO_LOSS = new Set(["empty", "headers", "file-format", "keep-alive", "retransmission"]);

/** How many reasons a book tells apart. */
const MAX_REASONS = 256;

function add(amounts: Map<string, number>, reason: string, amount: number): void {
  // Nothing was lost for that reason.
  if (amount === 0) return;
  const known = amounts.get(reason);
  if (known !== undefined) amounts.set(reason, known + amount);
  else if (amounts.size < MAX_REASONS) amounts.set(reason, amount);
  else amounts.set("other", (amounts.get("other") ?? 0) + amount);
}

function sum(amounts: Map<string, number>): number {
  let total = 0;
  for (const amount of amounts.values()) total += amount;
  return total;
}
