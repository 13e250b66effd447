import { JOINER_LIMITS, RequestJoiner } from "../../analysis/identity/request-joiner.ts";
import type { RequestView } from "../../analysis/identity/request-view.ts";
import { viewOf } from "../../analysis/protocols/index.ts";
import { clientOf, formatEndpoint, type HttpExchange, type LedgerBook, serverOf } from "../../model/index.ts";

/**
 * Tells which reports are of a request that was reported before: two sidecars see the same one, the client's and the server's. Book:
 * reports, handled when they are a request's first, else skipped as `further-view`.
 */
export class ReportJoiner {
  readonly #joiner: RequestJoiner<RequestView>;
  readonly #book: LedgerBook;

  constructor(book: LedgerBook, requests: number = JOINER_LIMITS.requests.default) {
    this.#joiner = new RequestJoiner({ requests });
    this.#book = book;
  }

  /** Whether no other report was of this request. */
  isFirst(exchange: HttpExchange): boolean {
    this.#book.enter(1);
    const isFirst = this.#isNew(exchange);
    if (isFirst) this.#book.settleHandled(1);
    else this.#book.settleSkipped("further-view", 1);
    return isFirst;
  }

  #isNew(exchange: HttpExchange): boolean {
    const { local, remote } = exchange.connection;
    // Without its ends nothing tells one sidecar's report from another's.
    if (local === undefined || remote === undefined) return true;
    return this.#joiner.isFirst({ ...viewOf(exchange), place: placeOf(exchange) });
  }
}

/** A sidecar reports what passes between the same two ends one after the other: those are different requests, whatever they carry. */
function placeOf({ connection }: HttpExchange): string {
  return [connection.source, formatEndpoint(clientOf(connection)), formatEndpoint(serverOf(connection))].join(" ");
}
