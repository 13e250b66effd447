import type { Exchange, HttpExchange } from "../model/index.ts";
import type { StreamObserver } from "./stream-observer.ts";

/**
 * Who watches which of one connection's exchanges. As many as the protocol's analyzer has under way: what bounds those
 * bounds these.
 */
export class ObservedStreams {
  readonly #open: () => StreamObserver | undefined;
  readonly #observers = new Map<number, StreamObserver | undefined>();

  /** @param open asked once an exchange */
  constructor(open: () => StreamObserver | undefined) {
    this.#open = open;
  }

  /** The observer of the exchange with that id. */
  get(id: number): StreamObserver | undefined {
    const known = this.#observers.get(id);
    if (known !== undefined || this.#observers.has(id)) return known;
    const observer = this.#open();
    this.#observers.set(id, observer);
    return observer;
  }

  /** The exchange is over. */
  end(exchange: Exchange): void {
    const observer = this.#observers.get(exchange.id);
    this.#observers.delete(exchange.id);
    // Only the analyzers of HTTP ask for observers.
    observer?.onEnd(exchange as HttpExchange);
  }
}
