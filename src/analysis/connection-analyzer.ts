import {
  type Connection,
  type Direction,
  EPOCH,
  type LedgerBook,
  type LedgerReason,
  type MemoryBudget,
  type SocketClosed,
  type SocketData,
  type SocketEvent,
  type SocketObserver,
  type Timestamp,
} from "../model/index.ts";
import { AnalysisLayer, ConnectionState, type SharedAnalysis } from "./analysis-layer.ts";
import { DetectingAnalyzer } from "./detection/detecting-analyzer.ts";
import type { ProtocolAnalyzer } from "./protocol-analyzer.ts";

/** Follows one connection: enters its bytes in the ledger and pushes its events to the protocol's analyzer. */
export class ConnectionAnalyzer implements SocketObserver {
  readonly takesEndApart = true;
  readonly #state: ConnectionState;
  readonly #bytes: LedgerBook;
  readonly #protocol: ProtocolAnalyzer;
  readonly #onClosed: (connection: Connection) => void;
  #lastTime: Timestamp = EPOCH;
  #active = true;
  /** When something last happened, by the analysis's own clock. */
  lastEvent: number;
  /** Why what still comes is passed over, in the ledger's words; undefined while the connection is followed. */
  #closed: "after-close" | "connection-limit" | undefined;

  /**
   * @param budget this connection's own
   * @param onClosed called once, when the connection is not followed any more
   */
  constructor(
    connection: Connection,
    shared: SharedAnalysis,
    budget: MemoryBudget,
    onClosed: (connection: Connection) => void,
  ) {
    budget.reserve(CONNECTION_BYTES);
    this.lastEvent = shared.clock.events;
    this.#state = new ConnectionState(connection, shared, budget);
    this.#bytes = shared.openBook();
    this.#onClosed = onClosed;
    this.#protocol = new DetectingAnalyzer(new AnalysisLayer(this.#state, this.#bytes), shared.detectors);
  }

  observe(event: SocketEvent): void {
    if (this.#closed !== undefined) {
      if (event.kind === "data") this.#passOver(event.data.length, this.#closed);
      return;
    }
    this.#lastTime = event.time;
    this.#active = true;
    this.lastEvent = ++this.#state.shared.clock.events;
    this.#handle(event);
    if (this.#state.budget.isExceeded) this.#state.shared.makeRoom();
  }

  #handle(event: SocketEvent): void {
    switch (event.kind) {
      case "data":
        this.#state.joinedLate ??= event.offset > 0;
        this.#noteAcknowledgment(event);
        if (event.data.length > 0) {
          this.#bytes.enter(event.data.length);
          this.#protocol.push(event.direction, event.data, event.offset, event.time);
        }
        if (event.truncated) this.#gap(event.direction, event.missing, event.time, "truncated");
        if (event.endStream) {
          this.#state.end.ended(event.direction, event.time);
          this.#protocol.end(event.direction, event.time);
        }
        break;
      case "gap":
        this.#gap(event.direction, event.size, event.time, event.reason);
        break;
      case "close":
        this.#state.end.closed(event);
        this.#close(event.time, event.how);
        break;
      case "open":
        break;
    }
  }

  #noteAcknowledgment(event: SocketData): void {
    const { acknowledgment } = this.#state;
    acknowledgment.direction = event.direction;
    acknowledgment.offset = event.offset;
    acknowledgment.position = event.acknowledged;
  }

  /** The input is over. */
  finish(time?: Timestamp): void {
    this.#close(time ?? this.#lastTime, "unknown");
  }

  /** The connection has to make room: what still comes of it is passed over. */
  evict(): void {
    this.#close(this.#lastTime, "unknown");
    this.#closed = "connection-limit";
  }

  /** Whether something happened since the last call. */
  takeActivity(): boolean {
    const active = this.#active;
    this.#active = false;
    return active;
  }

  #gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void {
    this.#state.end.missed(direction, time);
    this.#protocol.gap(direction, size, time, reason);
  }

  #close(time: Timestamp, how: SocketClosed["how"]): void {
    if (this.#closed !== undefined) return;
    this.#closed = "after-close";
    try {
      this.#protocol.close(time, how);
      this.#state.observed?.close();
    } finally {
      // Whoever is told of what ends here may have a fault.
      this.#state.budget.releaseAll();
      this.#onClosed(this.#state.connection);
    }
  }

  #passOver(length: number, reason: LedgerReason): void {
    this.#bytes.enter(length);
    this.#bytes.settleSkipped(reason, length);
  }
}

/** Rough memory that a followed connection takes, whatever is kept of it: the state of a protocol's parsers, most of all. */
const CONNECTION_BYTES = 4 * 1024;
