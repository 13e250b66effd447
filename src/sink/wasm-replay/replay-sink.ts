import { asHttpExchange } from "../../analysis/http/as-http-exchange.ts";
import {
  CLOSED,
  type Exchange,
  type ExchangeSink,
  type HttpExchange,
  type LedgerBook,
  type Submission,
} from "../../model/index.ts";
import { type Plugin, type Replay, type ReplayOptions, replayExchange } from "../../wasm-host/index.ts";

/**
 * Runs exchanges through a filter, one after another in their order, and hands on what it made of each. An exchange that is no HTTP has
 * no place in a filter: it is dropped as `not-http`.
 */
export class ReplaySink implements ExchangeSink {
  readonly #plugin: Plugin;
  readonly #book: LedgerBook;
  readonly #options: ReplayOptions;
  readonly #told: (replay: Replay) => void;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;
  /** A fault of the host, not of the filter. */
  #failure: { readonly error: unknown } | undefined;

  /** @param book counts exchanges */
  constructor(plugin: Plugin, book: LedgerBook, options: ReplayOptions, told: (replay: Replay) => void) {
    this.#plugin = plugin;
    this.#book = book;
    this.#options = options;
    this.#told = told;
  }

  submit(exchange: Exchange): Submission {
    this.#book.enter(1);
    if (this.#isClosed) {
      this.#book.settleDropped("closed", 1);
      return CLOSED;
    }
    const http = asHttpExchange(exchange);
    if (http === undefined) {
      this.#book.settleDropped(NOT_HTTP, 1);
      return { dropped: NOT_HTTP };
    }
    this.#waiting++;
    this.#last = this.#last.then(() => this.#replay(http));
    return this.#waiting >= MOST_WAITING ? "full" : "taken";
  }

  whenReady(): Promise<void> {
    return this.flush();
  }

  /** Rejects where an exchange could not be replayed: what comes after it is not. */
  async flush(): Promise<void> {
    await this.#last;
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    return this.flush();
  }

  async #replay(exchange: HttpExchange): Promise<void> {
    try {
      if (this.#failure === undefined) this.#told(await replayExchange(this.#plugin, exchange, this.#options));
    } catch (error) {
      this.#failure = { error };
    }
    this.#waiting--;
    if (this.#failure === undefined) this.#book.settleHandled(1);
    else this.#book.settleDropped("not-replayed", 1);
  }
}

const NOT_HTTP = "not-http";
const MOST_WAITING = 100;
