import {
  type Connection,
  type ConnectionTap,
  isTaken,
  type Ledger,
  type LedgerBook,
  type SocketData,
  type SocketEvent,
  type SocketObserver,
} from "../model/index.ts";
import { toTraceConnection } from "./trace-connection.ts";
import type { CaptureSink, CaptureSinkHandle } from "./trace-sink.ts";

export interface CaptureOptions {
  readonly sink: CaptureSink;
  readonly ledger: Ledger;
}

/**
 * The capture transport socket of Envoy 1.7 to 1.9, without the socket: every read and write of every connection, whole.
 *
 * The original kept all of it until the connection closed. Here each part goes to the sink as it comes, because the encodings
 * of a Trace's parts make up the Trace; nothing is kept. A capture that loses a part ends there: what it holds is without gaps.
 *
 * Book: `capture-bytes`.
 */
export class Capture implements ConnectionTap {
  readonly #sink: CaptureSink;
  readonly #bytes: LedgerBook;

  constructor({ sink, ledger }: CaptureOptions) {
    this.#sink = sink;
    this.#bytes = ledger.book("capture-bytes");
  }

  attach(connection: Connection): SocketObserver {
    return new ConnectionCapture(connection, this.#sink.open({ id: connection.id, connection }), this.#bytes);
  }
}

class ConnectionCapture implements SocketObserver {
  readonly #connection: Connection;
  readonly #handle: CaptureSinkHandle;
  readonly #bytes: LedgerBook;
  #hasConnection = false;
  #isCut = false;

  constructor(connection: Connection, handle: CaptureSinkHandle, bytes: LedgerBook) {
    this.#connection = connection;
    this.#handle = handle;
    this.#bytes = bytes;
  }

  observe(event: SocketEvent): void {
    if (event.kind === "data") {
      if (event.data.length > 0) this.#observeData(event);
    } else if (event.kind === "close") {
      this.#submitConnection();
      this.#handle.close();
    }
  }

  #observeData(event: SocketData): void {
    this.#bytes.enter(event.data.length);
    this.#submitConnection();
    if (!this.#isCut)
      this.#submit({
        events: [
          {
            kind: event.direction,
            timestamp: event.time,
            data: event.data,
            ...(event.direction === "write" ? { endStream: event.endStream === true } : {}),
          },
        ],
      });
    if (this.#isCut) this.#bytes.settleDropped("sink", event.data.length);
    else this.#bytes.settleHandled(event.data.length);
  }

  /** Before the first event, by when both addresses are known; at the end of a connection that had none. */
  #submitConnection(): void {
    if (this.#hasConnection) return;
    this.#hasConnection = true;
    this.#submit({ id: this.#connection.id, connection: toTraceConnection(this.#connection), events: [] });
  }

  #submit(part: Parameters<CaptureSinkHandle["submit"]>[0]): void {
    if (!this.#isCut && !isTaken(this.#handle.submit(part))) this.#isCut = true;
  }
}
