import type { PendingExchange } from "./pending-exchange.ts";
import type { ResponseOrder } from "./response-order.ts";

/**
 * Pairs that were made since responses were missed. They are held back until it is known whether they are right: when every request
 * that waited has a response, none of these was missed.
 */
export class GuessedPairs {
  readonly #waiting: readonly PendingExchange[];
  readonly #order: ResponseOrder;
  /** Some pairs are guessed. */
  #isOpen = false;
  /** The first response was taken for missed, and would be one too many had it only been an informational one. */
  #firstLost = false;

  /** @param waiting the exchanges that wait, as they change */
  constructor(waiting: readonly PendingExchange[], order: ResponseOrder) {
    this.#waiting = waiting;
    this.#order = order;
  }

  get any(): boolean {
    return this.#isOpen && this.#waiting.some(({ guessed }) => guessed);
  }

  /** Responses were missed while these had none. @param whole not only the rest of one */
  begin(waiting: readonly PendingExchange[], whole: boolean): void {
    for (const exchange of waiting) this.add(exchange);
    if (!whole || waiting.length < 2) return;
    const [first] = waiting;
    first!.addProblem("response-lost");
    first!.guessed = false;
    first!.responseOver = true;
    this.#firstLost = true;
  }

  /** Its response may be among those that were missed. */
  add(exchange: PendingExchange): void {
    exchange.guessed = true;
    this.#isOpen = true;
  }

  /** A pair was completed. */
  review(): void {
    if (!this.#isOpen && !this.#order.isUncertain) return;
    if (!this.#firstLost && this.#areAnswered) this.#settleByNumber();
  }

  /** A request comes, or the end. Gives whether it is known now whose the responses are. */
  settle(): boolean {
    const isKnown = this.#areAnswered;
    if (isKnown) this.#settleByNumber();
    else this.giveUp();
    return isKnown;
  }

  /** Whose the responses are will not be known. */
  giveUp(): void {
    this.#firstLost = false;
    this.#mark(false);
  }

  get #areAnswered(): boolean {
    return this.#waiting.every(({ responseOver }) => responseOver);
  }

  #settleByNumber(): void {
    this.#firstLost = false;
    this.#mark(this.#order.settleResponses(this.any));
  }

  #mark(certain: boolean): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const exchange of this.#waiting) {
      exchange.uncertain ||= exchange.guessed && !certain;
      exchange.guessed = false;
    }
  }
}
