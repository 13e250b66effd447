import type { Connection } from "../model/index.ts";
import type { StreamObserver } from "./stream-observer.ts";

/** Gives the observers of a stream that begins on a connection. */
export type OpenStream = (connection: Connection) => readonly StreamObserver[];

/**
 * Who watches the streams of which connection, for an analysis that serves several: `AnalyzerOptions.observeStream`.
 * A connection is forgotten with its object.
 */
export class StreamWatchers {
  readonly #openers = new WeakMap<Connection, readonly OpenStream[]>();
  readonly #watched: (observer: StreamObserver) => StreamObserver;

  /** @param watched what stands before an observer, and hands on to it */
  constructor(watched: (observer: StreamObserver) => StreamObserver = (observer) => observer) {
    this.#watched = watched;
  }

  /** To be called before the connection's first bytes come. */
  watch(connection: Connection, open: OpenStream): void {
    this.#openers.set(connection, [...(this.#openers.get(connection) ?? []), open]);
  }

  observe(connection: Connection): StreamObserver | undefined {
    const openers = this.#openers.get(connection);
    if (openers === undefined) return undefined;
    const observers = openers.length === 1 ? openers[0]!(connection) : openers.flatMap((open) => open(connection));
    if (observers.length === 0) return undefined;
    return this.#watched(observers.length === 1 ? observers[0]! : combine(observers));
  }
}

function combine(observers: readonly StreamObserver[]): StreamObserver {
  return {
    onHeaders: (...event) => {
      for (const observer of observers) observer.onHeaders(...event);
    },
    onBody: (...event) => {
      for (const observer of observers) observer.onBody(...event);
    },
    onTrailers: (...event) => {
      for (const observer of observers) observer.onTrailers(...event);
    },
    onEnd: (exchange) => {
      for (const observer of observers) observer.onEnd(exchange);
    },
    onAbandoned: () => {
      for (const observer of observers) observer.onAbandoned?.();
    },
    onSkipped: (...event) => {
      for (const observer of observers) observer.onSkipped?.(...event);
    },
  };
}
