import { RequestJoiner } from "../../analysis/identity/request-joiner.ts";
import { type ExchangeFacts, factsOf, KeptView } from "../../analysis/protocols/index.ts";
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
import { type ExchangeRecord, microsOf, recordOf, setCounted } from "../store/record/exchange-record.ts";
import type { FlowRecord, SenderPosition } from "../store/segment/segment.ts";
import { ReportPlaces } from "./report-places.ts";

export interface IntakeOptions {
  readonly store: ExchangeStore;
  /** Books `stored` (exchanges) and `stored-flows`. */
  readonly ledger: Ledger;
  /** Charged with what waits for the disk. */
  readonly budget: MemoryBudget;
  /** Told of exchanges that are kept, with the number of the first, and of flows. */
  readonly onStored?: (firstId: number, stored: readonly Taken[], flows: readonly FlowEvent[]) => void;
  readonly onFailure?: (error: Error) => void;
  /** Whether `onStored` will want the exchange beside its record: thousands wait for the disk. Default: it will. */
  readonly wantsExchanges?: () => boolean;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** A record, with its exchange where that was wanted. */
export interface Taken {
  readonly exchange: Exchange | undefined;
  readonly record: ExchangeRecord;
  readonly bytes: number;
}

/** A view of a request, and where it is kept. */
class StoredView extends KeptView {
  /** While it may still be changed: many views are remembered. */
  record: ExchangeRecord | undefined;
  state: "waiting" | "written" | { readonly id: number } = "waiting";

  constructor(exchange: Exchange, facts: ExchangeFacts, place: string, record: ExchangeRecord) {
    super(exchange, facts, place);
    this.record = record;
  }
}

/** Exchanges that are handed to the store at once. */
const BATCH = 2000;
/** How long a batch waits for more at most. */
const GATHER_MILLIS = 10;
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
  readonly #joiner = new RequestJoiner<StoredView>();
  readonly #places = new ReportPlaces();
  /** Views that were counted when they were written, and are not any more. */
  readonly #uncounted = new Set<StoredView>();
  #taken: (Taken & { readonly view: StoredView })[] = [];
  #flows: { event: FlowEvent; record: FlowRecord; bytes: number }[] = [];
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
    let facts: ExchangeFacts;
    try {
      facts = factsOf(exchange);
      record = recordOf(exchange, this.#now(), facts);
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
    const { requestId, traceId } = facts.evidence;
    const view = new StoredView(exchange, facts, this.#places.placeOf(exchange, requestId ?? traceId), record);
    this.#join(view);
    const kept = this.#options.wantsExchanges?.() === false ? undefined : exchange;
    this.#taken.push({ exchange: kept, record, bytes, view });
    this.#schedule();
    return this.isBusy ? "full" : "taken";
  }

  /** One request that several places have seen counts once: by the server's view, if there is one. */
  #join(view: StoredView): void {
    const { counts, uncounted } = this.#joiner.count(view);
    if (!counts) setCounted(view.record!, false);
    for (const other of uncounted)
      if (other.record !== undefined) setCounted(other.record, false);
      else this.#uncounted.add(other);
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
    this.#flows.push({ event, record: { time, kind: event.kind, summary: event.summary, document }, bytes });
    this.#schedule();
    return this.isBusy ? "full" : "taken";
  }

  /** How far a sender's numbered messages were taken: it is kept with what was taken before. */
  note(sender: SenderPosition): void {
    this.#senders.set(sender.id, sender);
    this.#schedule();
  }

  /** Charged with what waits for the disk. */
  get waiting(): MemoryBudget {
    return this.#options.budget;
  }

  /** Whether so many bytes can be taken in this turn of the event loop, or nothing waits that would make room. */
  hasRoomFor(bytes: number): boolean {
    const { budget } = this.#options;
    return budget.limit - budget.used >= bytes || (!this.#isPending && this.#running === undefined);
  }

  /** More than half of what may wait is waiting. */
  get isBusy(): boolean {
    const { budget } = this.#options;
    return budget.used * 2 > budget.limit;
  }

  /** Resolves when everything that was taken so far is on disk. @throws TaplineError `output`: some of it is not */
  settled(): Promise<void> {
    if (!this.#isPending && !this.#running) return Promise.resolve();
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
    this.#gather(performance.now() + GATHER_MILLIS, -1);
  }

  /** As long as more comes in each turn, it waits a little: bringing few to the disk costs almost as much as bringing many. */
  #gather(until: number, before: number): void {
    setImmediate(() => {
      const { length } = this.#taken;
      if (length > before && length < BATCH && performance.now() < until) {
        this.#gather(until, length);
        return;
      }
      this.#scheduled = false;
      this.#running = this.#run();
    });
  }

  get #isPending(): boolean {
    if (this.#taken.length + this.#flows.length + this.#senders.size + this.#waiting.length > 0) return true;
    for (const { state } of this.#uncounted) if (typeof state === "object") return true;
    return false;
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
    if (this.#isPending) this.#schedule();
  }

  /** The numbers of those that have one. */
  #takeUncounted(): number[] {
    const ids: number[] = [];
    for (const view of this.#uncounted)
      if (typeof view.state === "object") {
        ids.push(view.state.id);
        this.#uncounted.delete(view);
      }
    return ids;
  }

  async #append(): Promise<Error | undefined> {
    // With the position of a sender everything goes that it stands for: both are kept, or neither.
    const taken = this.#taken.splice(0, this.#senders.size > 0 ? this.#taken.length : BATCH);
    const flows = this.#flows.splice(0);
    // A sender's position must not be kept before what it stands for.
    const senders = this.#taken.length === 0 ? [...this.#senders.values()] : [];
    if (this.#taken.length === 0) this.#senders.clear();
    for (const { view } of taken) {
      view.state = "written";
      view.record = undefined;
    }
    const uncounted = this.#takeUncounted();
    const bytes = taken.reduce((sum, one) => sum + one.bytes, 0) + flows.reduce((sum, one) => sum + one.bytes, 0);
    try {
      const first = await this.#options.store.append({
        exchanges: taken.map(({ record }) => record),
        flows: flows.map(({ record }) => record),
        senders,
        uncounted,
      });
      taken.forEach(({ view }, index) => {
        view.state = { id: first + index };
      });
      this.#book.settleHandled(taken.length);
      this.#flowBook.settleHandled(flows.length);
      if (taken.length + flows.length > 0)
        this.#options.onStored?.(
          first,
          taken,
          flows.map(({ event }) => event),
        );
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
