import {
  type Exchange,
  type ExchangeSink,
  type FlowEvent,
  type FlowSink,
  formatError,
  type Ledger,
  type LedgerBook,
  type MemoryBudget,
  type Submission,
  TaplineError,
} from "../../model/index.ts";
import { flowDocument } from "../../wire/ndjson/index.ts";
import type { ExchangeStore } from "../store/exchange-store.ts";
import { type ExchangeRecord, microsOf, recordOf } from "../store/record/exchange-record.ts";
import type { FlowRecord, SenderPosition } from "../store/segment/segment.ts";

export interface IntakeOptions {
  readonly store: ExchangeStore;
  /** Books `stored` (exchanges) and `stored-flows`. */
  readonly ledger: Ledger;
  /** Charged with what waits for the disk. */
  readonly budget: MemoryBudget;
  /** Told of exchanges that are kept, with the number of the first. */
  readonly onStored?: (firstId: number, stored: readonly Taken[]) => void;
  readonly onFailure?: (error: Error) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** An exchange with its record. */
export interface Taken {
  readonly exchange: Exchange;
  readonly record: ExchangeRecord;
  readonly bytes: number;
}

/** Exchanges that are handed to the store at once. */
const BATCH = 2000;
/** Bytes of a record beside its document, roughly. */
const RECORD_BYTES = 1000;

/**
 * Gathers what is to be kept, and hands it to the store in batches: the next one when the one before is on disk. What waits is
 * charged to the budget; when that is used up, nothing more is taken.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #book: LedgerBook;
  readonly #flowBook: LedgerBook;
  #taken: Taken[] = [];
  #flows: { record: FlowRecord; bytes: number }[] = [];
  #senders = new Map<string, SenderPosition>();
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  #scheduled = false;
  #ready: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#book = options.ledger.book("stored");
    this.#flowBook = options.ledger.book("stored-flows");
  }

  /** Takes an exchange that is redacted and presented. Never throws, never waits. */
  take(exchange: Exchange): Submission {
    this.#book.enter(1);
    let record: ExchangeRecord;
    try {
      record = recordOf(exchange, this.#now());
    } catch (error) {
      this.#options.onFailure?.(error as Error);
      this.#book.settleDropped("not-writable", 1);
      return { dropped: "not-writable" };
    }
    const bytes = 2 * record.document.length + RECORD_BYTES;
    if (!this.#options.budget.tryReserve(bytes)) {
      this.#book.settleDropped("store-busy", 1);
      return { dropped: "store-busy" };
    }
    this.#taken.push({ exchange, record, bytes });
    this.#schedule();
    return this.isBusy ? "full" : "taken";
  }

  takeFlow(event: FlowEvent): Submission {
    this.#flowBook.enter(1);
    const document = JSON.stringify(flowDocument(event));
    const bytes = 2 * document.length + RECORD_BYTES;
    if (!this.#options.budget.tryReserve(bytes)) {
      this.#flowBook.settleDropped("store-busy", 1);
      return { dropped: "store-busy" };
    }
    const time = event.time === undefined ? this.#now() * 1000 : microsOf(event.time);
    this.#flows.push({ record: { time, kind: event.kind, summary: event.summary, document }, bytes });
    this.#schedule();
    return this.isBusy ? "full" : "taken";
  }

  /** How far a sender's numbered messages were taken: it is kept with what was taken before. */
  note(sender: SenderPosition): void {
    this.#senders.set(sender.id, sender);
    this.#schedule();
  }

  /** More than half of what may wait is waiting. */
  get isBusy(): boolean {
    const { budget } = this.#options;
    return budget.used * 2 > budget.limit;
  }

  /** Resolves when everything that was taken so far is on disk. @throws TaplineError `output`: some of it is not */
  settled(): Promise<void> {
    if (this.#taken.length === 0 && this.#flows.length === 0 && this.#senders.size === 0 && !this.#running)
      return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#schedule();
    });
  }

  /** The intake as outputs of a pipeline. */
  get sinks(): { readonly exchanges: ExchangeSink; readonly flows: FlowSink } {
    const rest = {
      whenReady: () => this.#whenReady(),
      flush: () => this.settled().catch(() => {}),
      close: () => this.settled().catch(() => {}),
    };
    return {
      exchanges: { submit: (exchange) => this.take(exchange), ...rest },
      flows: { submit: (event) => this.takeFlow(event), ...rest },
    };
  }

  #now(): number {
    return (this.#options.now ?? Date.now)();
  }

  #whenReady(): Promise<void> {
    return this.isBusy ? new Promise((resolve) => this.#ready.push(resolve)) : Promise.resolve();
  }

  #schedule(): void {
    if (this.#scheduled || this.#running !== undefined) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#running = this.#run();
    });
  }

  async #run(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    let left = this.#taken.length;
    let failure: Error | undefined;
    // Everything that was taken before they began to wait; what comes meanwhile is the next round's.
    do {
      left -= BATCH;
      failure = (await this.#append()) ?? failure;
    } while (left > 0);
    for (const { resolve, reject } of waiting) failure === undefined ? resolve() : reject(failure);
    this.#running = undefined;
    if (!this.isBusy) for (const ready of this.#ready.splice(0)) ready();
    if (this.#taken.length + this.#flows.length + this.#senders.size + this.#waiting.length > 0) this.#schedule();
  }

  async #append(): Promise<Error | undefined> {
    const taken = this.#taken.splice(0, BATCH);
    const flows = this.#flows.splice(0);
    // A sender's position must not be kept before what it stands for.
    const senders = this.#taken.length === 0 ? [...this.#senders.values()] : [];
    if (this.#taken.length === 0) this.#senders.clear();
    const bytes = taken.reduce((sum, one) => sum + one.bytes, 0) + flows.reduce((sum, one) => sum + one.bytes, 0);
    try {
      const first = await this.#options.store.append({
        exchanges: taken.map(({ record }) => record),
        flows: flows.map(({ record }) => record),
        senders,
      });
      this.#book.settleHandled(taken.length);
      this.#flowBook.settleHandled(flows.length);
      if (taken.length > 0) this.#options.onStored?.(first, taken);
      return undefined;
    } catch (error) {
      this.#book.settleDropped("store-failed", taken.length);
      this.#flowBook.settleDropped("store-failed", flows.length);
      this.#options.onFailure?.(error as Error);
      return error instanceof TaplineError ? error : new TaplineError("output", formatError(error), { cause: error });
    } finally {
      this.#options.budget.release(bytes);
    }
  }
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}
