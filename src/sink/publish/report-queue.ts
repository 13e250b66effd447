import type { LedgerBook, LedgerReason, MemoryBudget } from "../../model/index.ts";
import { Backoff } from "./backoff.ts";

/** One report that waits to be sent. */
export interface Report {
  /** One byte a character. */
  readonly body: string;
  /** Sent as `x-request-id`. */
  readonly requestId: string;
  /** How many the book counts it as. */
  readonly items: number;
  attempts: number;
}

/** The answer to one attempt; `taken` ends it. */
export type Delivery =
  | { readonly kind: "taken" }
  /** The backend will not take this one: another attempt would end the same. @see reason in the ledger's words */
  | { readonly kind: "refused"; readonly reason: LedgerReason }
  /** The backend takes nothing now. */
  | { readonly kind: "unavailable"; readonly reason: LedgerReason; readonly retryAfterMillis?: number };

export interface ReportQueueOptions {
  /** Sends one report, calls back once. */
  readonly send: (report: Report, done: (delivery: Delivery) => void) => void;
  /** Counts reports: handled when the backend took them. */
  readonly book: LedgerBook;
  /** Charged with what waits and is under way. */
  readonly budget: MemoryBudget;
  readonly maxQueued: number;
  readonly maxUnderWay: number;
  readonly maxAttempts: number;
  /**
   * How room is made when there is none: the oldest goes (`live`), or nobody may submit more, as `isFull` says (`lossless`: what
   * waits is given up when as many attempts in a row as `maxAttempts` have failed).
   */
  readonly mode: "live" | "lossless";
  readonly backoff?: Backoff;
  /** Told when the backend takes nothing, and when it does again. */
  readonly onChange?: (state: { readonly failing: boolean; readonly reason: string }) => void;
}

/**
 * Reports on their way to a backend:
 *
 *     add ─▶ waiting (oldest first, bounded) ─▶ under way (bounded) ─▶ taken
 *                   ▲                             │ unavailable: pause, then one at a time until one is taken
 *                   └─────────────────────────────┘
 *
 * Never waits, never throws. What is lost is booked by its reason.
 */
export class ReportQueue {
  readonly #options: ReportQueueOptions;
  readonly #backoff: Backoff;
  #waiting: Report[] = [];
  /** The first of `#waiting` that waits: those before it are gone. */
  #head = 0;
  #underWay = 0;
  /** Attempts in a row that failed because the backend takes nothing. */
  #failures = 0;
  #pause: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;
  #givenUp: LedgerReason | undefined;
  #whenChanged: (() => void)[] = [];
  retries = 0;

  constructor(options: ReportQueueOptions) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  /** Reports that wait or are under way. */
  get length(): number {
    return this.#waiting.length - this.#head + this.#underWay;
  }

  get isFull(): boolean {
    const { maxQueued, budget } = this.#options;
    return this.#givenUp === undefined && (this.length >= maxQueued || budget.used > budget.limit / 2);
  }

  /** Why everything is dropped now; undefined while the backend may still take something. */
  get givenUp(): LedgerReason | undefined {
    return this.#givenUp;
  }

  /**
   * Takes a report that was entered in the book, or gives the reason why it was dropped (and booked so).
   * @param items how many it was entered as
   */
  add(body: string, requestId: string, items = 1): LedgerReason | undefined {
    const reason = this.#givenUp ?? (this.#isClosed ? "closed" : this.#makeRoom(body.length));
    if (reason !== undefined) {
      this.#options.book.settleDropped(reason, items);
      return reason;
    }
    this.#waiting.push({ body, requestId, items, attempts: 0 });
    this.#sendMore();
    return undefined;
  }

  /** Resolves at the next change of what waits. */
  whenChanged(): Promise<void> {
    return new Promise((resolve) => this.#whenChanged.push(resolve));
  }

  /** Drops what waits. What is under way is settled when its answer comes: whoever closes the connections brings that about. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#pause);
    this.#dropWaiting("closed");
  }

  #makeRoom(bytes: number): LedgerReason | undefined {
    const { maxQueued, mode, budget } = this.#options;
    if (mode === "live") while (this.length >= maxQueued && this.#dropOldest("queue-full"));
    while (!budget.tryReserve(bytes))
      if (mode === "lossless" || !this.#dropOldest("queue-full")) return "memory-budget";
    return undefined;
  }

  #dropOldest(reason: LedgerReason): boolean {
    const report = this.#takeOldest();
    if (report !== undefined) this.#drop(report, reason);
    return report !== undefined;
  }

  #takeOldest(): Report | undefined {
    if (this.#head === this.#waiting.length) return undefined;
    const report = this.#waiting[this.#head]!;
    this.#waiting[this.#head++] = NOTHING;
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head > COMPACT_AFTER && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return report;
  }

  #sendMore(): void {
    while (this.#pause === undefined && this.#underWay < (this.#failures > 0 ? 1 : this.#options.maxUnderWay)) {
      const report = this.#takeOldest();
      if (report === undefined) return;
      this.#underWay++;
      if (++report.attempts > 1) this.retries++;
      this.#options.send(report, (delivery) => this.#settle(report, delivery));
    }
  }

  #settle(report: Report, delivery: Delivery): void {
    const { book, budget } = this.#options;
    this.#underWay--;
    if (delivery.kind === "unavailable") this.#fail(report, delivery);
    else {
      this.#recover();
      if (delivery.kind === "taken") {
        budget.release(report.body.length);
        book.settleHandled(report.items);
      } else this.#drop(report, delivery.reason);
    }
    this.#sendMore();
    const changed = this.#whenChanged;
    if (changed.length === 0) return;
    this.#whenChanged = [];
    for (const resolve of changed) resolve();
  }

  #fail(report: Report, { reason, retryAfterMillis }: Delivery & { kind: "unavailable" }): void {
    const { maxAttempts, mode, onChange } = this.#options;
    if (this.#isClosed) {
      this.#drop(report, "closed");
      return;
    }
    if (this.#failures++ === 0) onChange?.({ failing: true, reason });
    if (report.attempts >= maxAttempts) this.#drop(report, reason);
    else this.#putBack(report);
    if (mode === "lossless" && this.#failures >= maxAttempts) {
      this.#givenUp = reason;
      this.#dropWaiting(reason);
      return;
    }
    // The first to fail of several that were under way has begun the pause.
    this.#pause ??= setTimeout(() => {
      this.#pause = undefined;
      this.#sendMore();
    }, retryAfterMillis ?? this.#backoff.delay(this.#failures));
  }

  #recover(): void {
    if (this.#failures === 0) return;
    this.#failures = 0;
    this.#options.onChange?.({ failing: false, reason: "" });
  }

  #putBack(report: Report): void {
    if (this.#head > 0) this.#waiting[--this.#head] = report;
    else this.#waiting.unshift(report);
  }

  #dropWaiting(reason: LedgerReason): void {
    while (this.#dropOldest(reason));
  }

  #drop(report: Report, reason: LedgerReason): void {
    this.#options.budget.release(report.body.length);
    this.#options.book.settleDropped(reason, report.items);
  }
}

const NOTHING: Report = { body: "", requestId: "", items: 0, attempts: 0 };
const COMPACT_AFTER = 1024;
