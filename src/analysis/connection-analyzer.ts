import {
  type Connection,
  EPOCH,
  type Exchange,
  type Ledger,
  type LedgerBook,
  type MemoryBudget,
  type SocketClosed,
  type SocketEvent,
  type SocketObserver,
  type Timestamp,
} from "../model/index.ts";
import { DetectingAnalyzer } from "./detecting-analyzer.ts";
import type { AnalysisLimits } from "./limits.ts";
import { ObservedStreams } from "./observed-streams.ts";
import type { AnalysisContext, ProtocolAnalyzer } from "./protocol-analyzer.ts";
import type { ProtocolDetector } from "./protocol-detector.ts";
import type { StreamObserver } from "./stream-observer.ts";

/** What an `Analyzer` gives each of its connections. */
export interface ConnectionAnalyzerOptions {
  readonly limits: AnalysisLimits;
  /** This connection's own. */
  readonly budget: MemoryBudget;
  readonly ledger: Ledger;
  readonly detectors: readonly ProtocolDetector[];
  readonly emit: (exchange: Exchange) => void;
  readonly progress: ((exchange: Exchange) => void) | undefined;
  readonly observeStream: ((connection: Connection) => StreamObserver | undefined) | undefined;
  readonly nextId: () => number;
  readonly closed: () => void;
}

/** Follows one connection: enters its bytes in the ledger and pushes its events to the protocol's analyzer. */
export class ConnectionAnalyzer implements SocketObserver {
  readonly #options: ConnectionAnalyzerOptions;
  readonly #bytes: LedgerBook;
  readonly #protocol: ProtocolAnalyzer;
  #lastTime: Timestamp = EPOCH;
  #active = true;
  /** Why what still comes is passed over, in the ledger's words; undefined while the connection is followed. */
  #closed: "after-close" | "connection-limit" | undefined;
  /** Its first data that came was not the first of its direction. */
  #joinedLate: boolean | undefined;

  constructor(connection: Connection, options: ConnectionAnalyzerOptions) {
    this.#options = options;
    this.#bytes = options.ledger.book("bytes");
    this.#protocol = new DetectingAnalyzer(this.#createContext(connection), options.detectors);
  }

  observe(event: SocketEvent): void {
    if (this.#closed !== undefined) {
      if (event.kind === "data") this.#passOver(event.data.length, this.#closed);
      return;
    }
    this.#lastTime = event.time;
    this.#active = true;
    switch (event.kind) {
      case "data":
        this.#joinedLate ??= event.offset > 0;
        if (event.data.length > 0) {
          this.#bytes.enter(event.data.length);
          this.#protocol.push(event.direction, event.data, event.offset, event.time);
        }
        if (event.truncated) this.#protocol.gap(event.direction, event.missing, event.time, "truncated");
        if (event.endStream) this.#protocol.end(event.direction, event.time);
        break;
      case "gap":
        this.#protocol.gap(event.direction, event.size, event.time, event.reason);
        break;
      case "close":
        this.#close(event.time, event.how);
        break;
      case "open":
        break;
    }
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

  #close(time: Timestamp, how: SocketClosed["how"]): void {
    if (this.#closed !== undefined) return;
    this.#closed = "after-close";
    this.#protocol.close(time, how);
    this.#options.budget.releaseAll();
    this.#options.closed();
  }

  #passOver(length: number, reason: string): void {
    this.#bytes.enter(length);
    this.#bytes.settleSkipped(reason, length);
  }

  #createContext(connection: Connection): AnalysisContext {
    const { limits, budget, detectors, progress, nextId, observeStream } = this.#options;
    const observed = observeStream === undefined ? undefined : new ObservedStreams(() => observeStream(connection));
    const emit = (exchange: Exchange) => {
      observed?.end(exchange);
      this.#options.emit(exchange);
    };
    const joinedLate = () => this.#joinedLate === true;
    let index = 0;
    const createLayer = (bytes: LedgerBook, midStream: boolean | undefined): AnalysisContext => {
      const context: AnalysisContext = {
        connection,
        limits,
        budget,
        bytes,
        get midStream() {
          return midStream ?? (connection.opened === undefined || joinedLate());
        },
        emit,
        progress: progress ?? ignore,
        showsProgress: progress !== undefined,
        observer: (id) => observed?.get(id),
        observesStreams: observed !== undefined,
        nextId,
        nextIndex: () => index++,
        detectInside: (inner = {}) =>
          new DetectingAnalyzer(createLayer(inner.bytes ?? bytes, inner.midStream ?? false), detectors),
        createUpgraded: (protocol, upgrade) =>
          detectors
            .find((detector) => detector.upgradeToken === protocol)
            ?.createUpgraded?.(createLayer(bytes, false), upgrade),
      };
      return context;
    };
    return createLayer(this.#bytes, undefined);
  }
}

function ignore(): void {}
