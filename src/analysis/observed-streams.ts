import type { Exchange, Header, HttpExchange, RequestMessage, ResponseMessage, Timestamp } from "../model/index.ts";
import type { MessageKind, StreamObserver } from "./stream-observer.ts";

/**
 * Who watches which of one connection's exchanges. As many as the protocol's analyzer has under way: what bounds those
 * bounds these.
 */
export class ObservedStreams {
  readonly #open: () => StreamObserver | undefined;
  readonly #streams = new Map<number, OrderedStream | undefined>();

  /** @param open asked once an exchange */
  constructor(open: () => StreamObserver | undefined) {
    this.#open = open;
  }

  /** The observer of the exchange with that id; whatever it is told, its contract is kept. */
  get(id: number): StreamObserver | undefined {
    return this.#find(id);
  }

  /** As `get`, for an exchange that becomes a tunnel: it is not over when it is handed on, but with `finish`. */
  tunnel(id: number): TunnelObserver | undefined {
    const stream = this.#find(id);
    stream?.detain();
    return stream;
  }

  #find(id: number): OrderedStream | undefined {
    const known = this.#streams.get(id);
    if (known !== undefined || this.#streams.has(id)) return known;
    const observer = this.#open();
    const stream = observer === undefined ? undefined : new OrderedStream(observer);
    this.#streams.set(id, stream);
    return stream;
  }

  /** The exchange is over. */
  end(exchange: Exchange): void {
    const stream = this.#streams.get(exchange.id);
    this.#streams.delete(exchange.id);
    // Only the analyzers of HTTP ask for observers.
    stream?.onEnd(exchange as HttpExchange);
  }

  /** The connection is over: exchanges that were not handed on never will be. */
  close(): void {
    for (const stream of this.#streams.values()) stream?.onAbandoned();
    this.#streams.clear();
  }
}

/** Watches an exchange whose connection, or HTTP/2 stream, became something else: what passes then is shown as its bodies. */
export interface TunnelObserver extends StreamObserver {
  /** The tunnel is over. */
  finish(): void;
}

/**
 * Keeps the contract of `StreamObserver` whatever a conversation does: heads that come twice, bodies without a head, and
 * pieces that come when the exchange was given up already. Bytes that cannot be shown are told of, with the reason.
 */
class OrderedStream implements TunnelObserver {
  readonly #observer: StreamObserver;
  readonly #parts: Record<MessageKind, Part> = { request: Part.NOTHING, response: Part.NOTHING };
  /** Bytes of its bodies that were shown. */
  readonly #shown: Record<MessageKind, number> = { request: 0, response: 0 };
  #isOver = false;
  #isDetained = false;
  /** Handed on while it was detained. */
  #ended: HttpExchange | undefined;

  constructor(observer: StreamObserver) {
    this.#observer = observer;
  }

  onHeaders(message: MessageKind, headers: readonly Header[], time: Timestamp): void {
    if (this.#isOver || this.#parts[message] !== Part.NOTHING) return;
    this.#parts[message] = Part.HEAD;
    this.#observer.onHeaders(message, headers, time);
  }

  onBody(message: MessageKind, data: Uint8Array, time: Timestamp): void {
    if (this.#isOver) this.#observer.onSkipped?.(data.length, "after-end");
    else if (this.#parts[message] === Part.HEAD) {
      this.#shown[message] += data.length;
      this.#observer.onBody(message, data, time);
    } else this.#observer.onSkipped?.(data.length, this.#parts[message] === Part.NOTHING ? "head-lost" : "after-end");
  }

  onTrailers(message: MessageKind, trailers: readonly Header[], time: Timestamp): void {
    if (this.#isOver || this.#parts[message] !== Part.HEAD) return;
    this.#parts[message] = Part.TRAILERS;
    this.#observer.onTrailers(message, trailers, time);
  }

  onEnd(exchange: HttpExchange): void {
    if (this.#isOver) return;
    if (this.#isDetained) {
      this.#ended = exchange;
      return;
    }
    this.#isOver = true;
    this.#observer.onEnd(this.#withTunnelled(exchange));
  }

  detain(): void {
    this.#isDetained = true;
  }

  finish(): void {
    this.#isDetained = false;
    if (this.#ended !== undefined) this.onEnd(this.#ended);
  }

  onAbandoned(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#observer.onAbandoned?.();
  }

  /** Counts bytes that passed through a tunnel, which are no body to its analyzer, as one. */
  #withTunnelled(exchange: HttpExchange): HttpExchange {
    const { request, response } = exchange;
    const shown = this.#shown;
    const isWhole = (request?.body.size ?? 0) >= shown.request && (response?.body.size ?? 0) >= shown.response;
    return isWhole
      ? exchange
      : {
          ...exchange,
          ...(request && { request: withBodySize(request, shown.request) }),
          ...(response && { response: withBodySize(response, shown.response) }),
        };
  }
}

function withBodySize<M extends RequestMessage | ResponseMessage>(message: M, size: number): M {
  return message.body.size >= size ? message : { ...message, body: { ...message.body, size, truncated: true } };
}

/** The last part of a message that was shown. */
const Part = { NOTHING: 0, HEAD: 1, TRAILERS: 2 } as const;
type Part = (typeof Part)[keyof typeof Part];
