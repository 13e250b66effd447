import { asHttpExchange } from "../../analysis/http/as-http-exchange.ts";
import type { Exchange, ExchangeSink, HttpExchange, LedgerBook, Submission } from "../../model/index.ts";
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

  /** @param book counts exchanges */
  constructor(plugin: Plugin, book: LedgerBook, options: ReplayOptions, told: (replay: Replay) => void) {
    this.#plugin = plugin;
    this.#book = book;
    this.#options = options;
    this.#told = told;
  }

  submit(exchange: Exchange): Submission {
    this.#book.enter(1);
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
    return this.#last;
  }

  flush(): Promise<void> {
    return this.#last;
  }

  close(): Promise<void> {
    return this.#last;
  }

  async #replay(exchange: HttpExchange): Promise<void> {
    const replay = await replayExchange(this.#plugin, exchange, this.#options);
    this.#waiting--;
    this.#book.settleHandled(1);
    this.#told(replay);
  }
}

const NOT_HTTP = "not-http";
const MOST_WAITING = 100;
