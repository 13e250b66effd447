import {
  type Connection,
  type ConnectionTap,
  DEFAULT_MEMORY_BUDGET,
  type Exchange,
  Ledger,
  MemoryBudget,
  type SocketEvent,
  type SocketObserver,
  type Timestamp,
} from "../model/index.ts";
import type { SharedAnalysis } from "./analysis-layer.ts";
import { ConnectionAnalyzer } from "./connection-analyzer.ts";
import { DETECTORS } from "./detectors.ts";
import { withKnownTimes } from "./exchange-times.ts";
import { PipeliningClients } from "./http/http1/pairing/pipelining-clients.ts";
import type { InflationAllowance } from "./inflation-allowance.ts";
import { type AnalysisLimits, DEFAULT_LIMITS } from "./limits.ts";
import type { ProtocolDetector } from "./protocol-detector.ts";
import type { StreamObserver } from "./stream-observer.ts";

export interface AnalyzerOptions {
  /** Called with each exchange when it is over. */
  readonly emit: (exchange: Exchange) => void;
  /** Called with long exchanges while they last; `emit` follows with the same id. */
  readonly progress?: (exchange: Exchange) => void;
  /** Asked at the beginning of each HTTP exchange for who watches it while it passes. */
  readonly observeStream?: (connection: Connection) => StreamObserver | undefined;
  readonly limits?: Partial<AnalysisLimits>;
  /** Bounds what comes out of compressed messages: for where traffic passes. */
  readonly inflation?: InflationAllowance | undefined;
  /** The process's budget; by default one of its own, of 256 MiB. */
  readonly budget?: MemoryBudget;
  /** Gets the book `bytes` (and `plaintext` where TLS is decrypted). */
  readonly ledger?: Ledger;
  /** Another name for the book of the connections' bytes: where others count bytes, too. */
  readonly bookName?: string;
  /** Detectors in the order of asking; by default everything (`DETECTORS`). */
  readonly detectors?: readonly ProtocolDetector[];
}

/**
 * Turns the socket events of any number of connections into exchanges.
 *
 *     SocketEvent ─▶ Analyzer ─┬─ connection 1: detection ▶ protocol analyzer ─┬─▶ Exchange
 *                              └─ connection 2: detection ▶ protocol analyzer ─┘
 *
 * Events may come from a file (`observe`), or from a source's forwarding path (`attach`), which spares the look-up.
 */
export class Analyzer implements ConnectionTap, SocketObserver {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly limits: AnalysisLimits;
  readonly #shared: SharedAnalysis;
  readonly #forget = (connection: Connection): void => {
    this.#connections.delete(connection);
  };
  readonly #relieve = (): boolean => this.#evictIdle();
  readonly #connections = new Map<Connection, ConnectionAnalyzer>();
  #nextId = 0;
  #evicted = 0;

  constructor(options: AnalyzerOptions) {
    this.ledger = options.ledger ?? new Ledger();
    this.budget = options.budget ?? new MemoryBudget(DEFAULT_MEMORY_BUDGET);
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#shared = {
      limits: this.limits,
      openBook: () => this.ledger.book(options.bookName ?? "bytes"),
      detectors: options.detectors ?? DETECTORS,
      emit: (exchange) => options.emit(withKnownTimes(exchange)),
      progress: options.progress,
      observeStream: options.observeStream,
      nextId: () => this.#nextId++,
      inflation: options.inflation,
      pipelining: new PipeliningClients(),
      makeRoom: () => this.#makeRoom(),
      clock: { events: 0 },
    };
  }

  /** Connections that are followed now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** How many connections were closed to make room for others: what the limit cost. */
  get evictedConnections(): number {
    return this.#evicted;
  }

  attach(connection: Connection): SocketObserver {
    return this.#follow(connection);
  }

  observe(event: SocketEvent): void {
    const analyzer = this.#connections.get(event.connection);
    if (analyzer !== undefined) analyzer.observe(event);
    // A connection on which nothing moves takes nothing.
    else if (event.kind === "data" || event.kind === "gap") this.#follow(event.connection).observe(event);
  }

  /** The input is over: closes what is still open, as of `time` or of each connection's last event. */
  finish(time?: Timestamp): void {
    for (const analyzer of [...this.#connections.values()]) analyzer.finish(time);
  }

  #follow(connection: Connection): ConnectionAnalyzer {
    if (this.#connections.size >= this.limits.connections) this.#evictOldest();
    const budget = this.budget.child(this.limits.connectionBytes, this.#relieve);
    const analyzer = new ConnectionAnalyzer(connection, this.#shared, budget, this.#forget);
    this.#connections.set(connection, analyzer);
    return analyzer;
  }

  /** The budget is exceeded: connections are closed until it is not. */
  #makeRoom(): void {
    while (this.budget.isExceeded && this.#connections.size > 0) this.#evictOldest();
  }

  /**
   * What is active does not give way to what is idle: closes a connection on which nothing has happened while there were events enough
   * for every other one. @returns false where none was found among those that come next
   */
  #evictIdle(): boolean {
    const idleBefore = this.#shared.clock.events - Math.max(MIN_IDLE_EVENTS, 2 * this.#connections.size);
    let looks = 0;
    for (const [connection, analyzer] of this.#connections) {
      if (++looks > MAX_LOOKS) return false;
      if (analyzer.lastEvent < idleBefore) {
        this.#evicted++;
        analyzer.evict();
        return true;
      }
      this.#connections.delete(connection);
      this.#connections.set(connection, analyzer);
    }
    return false;
  }

  /** Second chance: a connection that was active since it was last looked at goes to the back of the queue, once. */
  #evictOldest(): void {
    for (const [connection, analyzer] of this.#connections) {
      if (!analyzer.takeActivity()) {
        this.#evicted++;
        analyzer.evict();
        return;
      }
      this.#connections.delete(connection);
      this.#connections.set(connection, analyzer);
    }
  }
}

/** How many connections are looked at for an idle one, and how many events make one idle at least. */
const MAX_LOOKS = 32;
const MIN_IDLE_EVENTS = 1000;
