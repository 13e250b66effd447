import type {
  Connection,
  ConnectionTap,
  Direction,
  SocketClosed,
  SocketData,
  SocketObserver,
} from "../../model/index.ts";
import { readWallClock } from "../wall-clock.ts";
import type { Counter } from "./counters.ts";
import { tellTrailingLater } from "./trailing-writes.ts";

/** Counters of all connections of a kind together. */
export interface ConnectionCounters {
  /** Observers that threw. */
  readonly faults: Counter;
  readonly readBytes: Counter;
  readonly writtenBytes: Counter;
}

/**
 * One connection and whoever watches it. Tells observers what passes, in order: `open` once, data, `close` once. An observer
 * that throws is let go and counted: a fault in a tap never reaches the traffic.
 */
export class TappedConnection {
  readonly connection: Connection;
  readonly #counters: ConnectionCounters;
  #observers: SocketObserver[] = [];
  /** No observer wants to know of a half-close together with the bytes before it. */
  readonly #takesEndApart: boolean;
  #readBytes = 0;
  #writtenBytes = 0;
  #closed = false;
  /** A write that is not told yet, because the half-close may turn out to belong to it. */
  #trailing: SocketData | undefined;

  constructor(connection: Connection, taps: readonly ConnectionTap[], counters: ConnectionCounters) {
    this.connection = connection;
    this.#counters = counters;
    for (const tap of taps) {
      try {
        const observer = tap.attach(connection);
        if (observer !== undefined) this.#observers.push(observer);
      } catch {
        counters.faults.value++;
      }
    }
    this.#takesEndApart = this.#observers.every((observer) => observer.takesEndApart === true);
  }

  /** Bytes can pass from here on: the transport is connected and TLS, where there is any, established. */
  opened(): void {
    const { connection } = this;
    connection.opened ??= readWallClock();
    if (this.#observers.length > 0) this.#tell({ kind: "open", connection, time: readWallClock() });
  }

  /** The socket gave these bytes. */
  read(data: Uint8Array): void {
    const offset = this.#readBytes;
    this.#readBytes += data.length;
    this.#counters.readBytes.value += data.length;
    if (this.#observers.length === 0) return;
    const { connection } = this;
    this.tellTrailing();
    this.#tell({ kind: "data", connection, time: readWallClock(), direction: "read", offset, data });
  }

  /** The peer half-closed. Told only where nobody takes Envoy's view, in which what is read has no end. */
  readEnded(): void {
    if (!this.#takesEndApart || this.#closed || this.#observers.length === 0) return;
    const { connection } = this;
    const offset = this.#readBytes;
    const time = readWallClock();
    this.#tell({ kind: "data", connection, time, direction: "read", offset, data: NOTHING, endStream: true });
  }

  /**
   * The socket took these bytes. Envoy reads until there is nothing more and so knows of a half-close while it hands on the
   * bytes before it (`end_stream`); here it comes a moment later. The event waits for that moment.
   *
   * @param isOwned nobody reuses `data`; else it is borrowed
   */
  wrote(data: Uint8Array, isOwned: boolean): void {
    const offset = this.#writtenBytes;
    this.#writtenBytes += data.length;
    this.#counters.writtenBytes.value += data.length;
    if (this.#observers.length === 0) return;
    const { connection } = this;
    const time = readWallClock();
    if (this.#takesEndApart) {
      this.#tell({ kind: "data", connection, time, direction: "write", offset, data });
      return;
    }
    this.tellTrailing();
    if (this.#observers.some((observer) => observer.wants?.("write") !== false)) {
      const copy = isOwned ? data : Buffer.from(data);
      this.#trailing = { kind: "data", connection, time, direction: "write", offset, data: copy };
      tellTrailingLater(this);
    } else {
      this.#tell({ kind: "data", connection, time, direction: "write", offset, data });
    }
  }

  /** Nothing is written any more. */
  writeEnded(): void {
    if (this.#trailing !== undefined) this.#trailing = { ...this.#trailing, endStream: true };
    this.tellTrailing();
    if (!this.#takesEndApart || this.#closed) return;
    const { connection } = this;
    const offset = this.#writtenBytes;
    const time = readWallClock();
    this.#tell({ kind: "data", connection, time, direction: "write", offset, data: NOTHING, endStream: true });
  }

  /** Tells of a write that was held back. */
  tellTrailing(): void {
    const trailing = this.#trailing;
    if (trailing === undefined) return;
    this.#trailing = undefined;
    this.#tell(trailing);
  }

  /** @param by the direction in which a reset was sent */
  closed(how: SocketClosed["how"], by?: Direction): void {
    if (this.#closed) return;
    this.#closed = true;
    this.tellTrailing();
    const { connection } = this;
    const time = readWallClock();
    connection.closed = time;
    this.#tell({ kind: "close", connection, time, how, ...(by && { by }) });
    this.#observers = [];
  }

  #tell(event: Parameters<SocketObserver["observe"]>[0]): void {
    const observers = this.#observers;
    for (let index = 0; index < observers.length; index++) {
      try {
        observers[index]!.observe(event);
      } catch {
        this.#counters.faults.value++;
        observers.splice(index--, 1);
      }
    }
  }
}

const NOTHING = new Uint8Array(0);
