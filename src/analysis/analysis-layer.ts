import type { Connection, Direction, Exchange, LedgerBook, MemoryBudget } from "../model/index.ts";
import { ConnectionEnd } from "./connection-end.ts";
import { DetectingAnalyzer } from "./detection/detecting-analyzer.ts";
import type { PipeliningClients } from "./http/http1/pairing/pipelining-clients.ts";
import type { InflationAllowance } from "./inflation-allowance.ts";
import type { AnalysisLimits } from "./limits.ts";
import { ObservedStreams, type TunnelObserver } from "./observed-streams.ts";
import type { AnalysisContext, ProtocolAnalyzer, UpgradedRequest } from "./protocol-analyzer.ts";
import type { ProtocolDetector } from "./protocol-detector.ts";
import type { StreamObserver } from "./stream-observer.ts";

/** An `Analyzer` gives this to all its connections. */
export interface SharedAnalysis {
  readonly limits: AnalysisLimits;
  /** The book of what comes on connections; it is there once one is followed. */
  readonly openBook: () => LedgerBook;
  readonly detectors: readonly ProtocolDetector[];
  readonly emit: (exchange: Exchange) => void;
  readonly progress: ((exchange: Exchange) => void) | undefined;
  readonly observeStream: ((connection: Connection) => StreamObserver | undefined) | undefined;
  readonly nextId: () => number;
  readonly inflation: InflationAllowance | undefined;
  readonly pipelining: PipeliningClients;
  /** To be called when the process's budget is exceeded, by whoever is not in the middle of something. */
  readonly makeRoom: () => void;
  /** How many events of all connections there were. */
  readonly clock: { events: number };
}

/** Shared by the layers of one connection. */
export class ConnectionState {
  readonly connection: Connection;
  readonly shared: SharedAnalysis;
  readonly budget: MemoryBudget;
  readonly observed: ObservedStreams | undefined;
  /** The first data that came was not the first of its direction. */
  joinedLate: boolean | undefined;
  readonly end = new ConnectionEnd();
  /** The acknowledgement that came with the data that is being handed on. */
  readonly acknowledgment: { direction: Direction; offset: number; position: number | undefined } = {
    direction: "read",
    offset: 0,
    position: undefined,
  };
  exchanges = 0;

  /** @param budget this connection's own */
  constructor(connection: Connection, shared: SharedAnalysis, budget: MemoryBudget) {
    this.connection = connection;
    this.shared = shared;
    this.budget = budget;
    const { observeStream } = shared;
    if (observeStream !== undefined) this.observed = new ObservedStreams(() => observeStream(connection));
  }
}

/**
 * The context of a protocol's analyzer: the connection itself, or the inside of a tunnel or of TLS. There may be many
 * connections: a layer is small, and what all share is not in it.
 */
export class AnalysisLayer implements AnalysisContext {
  readonly bytes: LedgerBook;
  readonly #state: ConnectionState;
  readonly #midStream: boolean | undefined;
  readonly #depth: number;

  /**
   * @param midStream undefined: as the connection
   * @param depth how many layers it is inside of
   */
  constructor(state: ConnectionState, bytes: LedgerBook, midStream?: boolean, depth = 0) {
    this.#state = state;
    this.bytes = bytes;
    this.#depth = depth;
    this.#midStream = midStream;
  }

  get connection(): Connection {
    return this.#state.connection;
  }

  get limits(): AnalysisLimits {
    return this.#state.shared.limits;
  }

  get budget(): MemoryBudget {
    return this.#state.budget;
  }

  get midStream(): boolean {
    const { connection, joinedLate } = this.#state;
    return this.#midStream ?? (connection.opened === undefined || joinedLate === true);
  }

  get inflation(): InflationAllowance | undefined {
    return this.#state.shared.inflation;
  }

  get pipelining(): PipeliningClients {
    return this.#state.shared.pipelining;
  }

  get showsProgress(): boolean {
    return this.#state.shared.progress !== undefined;
  }

  get observesStreams(): boolean {
    return this.#state.observed !== undefined;
  }

  emit(exchange: Exchange): void {
    const explained = this.#state.end.explain(exchange);
    this.#state.observed?.end(explained);
    this.#state.shared.emit(explained);
  }

  progress(exchange: Exchange): void {
    this.#state.shared.progress?.(exchange);
  }

  observer(id: number): StreamObserver | undefined {
    return this.#state.observed?.get(id);
  }

  tunnelObserver(id: number): TunnelObserver | undefined {
    return this.#state.observed?.tunnel(id);
  }

  acknowledged(direction: Direction, offset: number): number | undefined {
    const { acknowledgment } = this.#state;
    // Inside of something, positions are others; what was held back is older.
    const applies = this.#depth === 0 && acknowledgment.direction === direction && acknowledgment.offset <= offset;
    return applies ? acknowledgment.position : undefined;
  }

  nextId(): number {
    return this.#state.shared.nextId();
  }

  nextIndex(): number {
    return this.#state.exchanges++;
  }

  detectInside({
    bytes = this.bytes,
    midStream = false,
  }: {
    bytes?: LedgerBook;
    midStream?: boolean;
  } = {}): ProtocolAnalyzer {
    const layer = new AnalysisLayer(this.#state, bytes, midStream, this.#depth + 1);
    return new DetectingAnalyzer(layer, this.#depth < MAX_DEPTH ? this.#state.shared.detectors : []);
  }

  createUpgraded(protocol: string, upgrade: UpgradedRequest): ProtocolAnalyzer | undefined {
    const detector = this.#state.shared.detectors.find(({ upgradeToken }) => upgradeToken === protocol);
    return detector?.createUpgraded?.(new AnalysisLayer(this.#state, this.bytes, false, this.#depth + 1), upgrade);
  }
}

/** Tunnels inside of tunnels that are looked into: each is a call deeper. */
const MAX_DEPTH = 32;
