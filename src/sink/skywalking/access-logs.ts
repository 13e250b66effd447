import { type AccessLogFacts, accessLogFacts, requestHeadersOf } from "../../analysis/http/access-log-facts.ts";
import {
  type Connection,
  type Endpoint,
  type Exchange,
  type ExchangeSink,
  type ExchangeTimes,
  type Ledger,
  type LedgerBook,
  type LedgerReason,
  nanosBetween,
  type Submission,
  type Timestamp,
} from "../../model/index.ts";
import type { KernelOperation } from "../../source/ebpf/events/kernel-operation.ts";
import { findTrace, type TraceContext } from "./trace-context.ts";

/** How long calls wait for the exchange that they belong to. */
const WAIT_NANOS = 10e9;
/** How long a connection is remembered on which nothing happens. */
const IDLE_NANOS = 60e9;

export interface AccessLogsOptions {
  readonly ledger: Ledger;
  /** When CLOCK_MONOTONIC was 0. */
  readonly boot: Timestamp;
  /** The process at the other end of a connection, where it is on this machine. */
  readonly findPeer: (local: Endpoint, remote: Endpoint) => number | undefined;
  /** Calls and exchanges that wait to be sent; more are dropped and counted. */
  readonly most: number;
  /** Reads and writes that wait for their exchange; more are dropped and counted. */
  readonly mostCalls: number;
  /** Connects, accepts and closes that wait; more are dropped and counted. */
  readonly mostEnds: number;
  /** Called when so much waits that it should be sent. */
  readonly onFull?: (() => void) | undefined;
  /** Waiting calls and exchanges at which `onFull` is called. */
  readonly full: number;
}

/** Logs of one connection: calls of no exchange, and exchanges with theirs. */
export interface ConnectionLogs {
  readonly connection: Connection;
  readonly pid: number;
  /** The process at the other end, where it is known. */
  readonly peer: number | undefined;
  /** The version of HTTP that it was seen to speak, now or before. */
  readonly version: AccessLogFacts["version"] | undefined;
  readonly operations: readonly KernelOperation[];
  readonly exchanges: readonly ExchangeLog[];
}

export interface ExchangeLog {
  readonly facts: AccessLogFacts;
  readonly trace: TraceContext | undefined;
  readonly times: ExchangeTimes;
  readonly operations: readonly KernelOperation[];
}

/** Where access logs are taken from when they are sent: of one analyzer, or of all. */
export interface LogSource {
  /** @param now CLOCK_MONOTONIC in nanoseconds; Infinity takes all */
  take(now: number): readonly ConnectionLogs[] | Promise<readonly ConnectionLogs[]>;
}

/**
 * Gathers what happened on connections until it is sent: calls of the system as they come, and exchanges when they are over, each with
 * the calls that it consists of. Books: `kernel-logs` and `protocol-logs`.
 */
export class AccessLogs implements ExchangeSink, LogSource {
  readonly #options: AccessLogsOptions;
  readonly #kernel: LedgerBook;
  readonly #protocol: LedgerBook;
  readonly #connections = new Map<Connection, Gathered>();
  #waiting = 0;
  /** The calls among these, which wait in an analyzer. */
  readonly #held = { calls: 0, ends: 0 };

  constructor(options: AccessLogsOptions) {
    this.#options = options;
    this.#kernel = options.ledger.book("kernel-logs");
    this.#protocol = options.ledger.book("protocol-logs");
  }

  operation(operation: KernelOperation): void {
    this.#kernel.enter(1);
    const kind = isEndpointCall(operation) ? "ends" : "calls";
    const isFull = this.#held[kind] >= (kind === "ends" ? this.#options.mostEnds : this.#options.mostCalls);
    if (isFull || this.#waiting >= this.#options.most) {
      this.#kernel.settleDropped(isFull ? "analyzer-queue-full" : "queue-full", 1);
      return;
    }
    this.#held[kind]++;
    const gathered = this.#find(operation.connection, operation.pid);
    gathered.operations.push(operation);
    gathered.lastAt = operation.ended;
    if (operation.kind === "close") gathered.isClosed = true;
    this.#add();
  }

  submit(exchange: Exchange): Submission {
    this.#protocol.enter(1);
    const facts = accessLogFacts(exchange);
    if (typeof facts === "string") {
      this.#protocol.settleSkipped(facts, 1);
      return { dropped: facts };
    }
    const { connection } = exchange;
    const pid = connection.process?.pid;
    if (pid === undefined || this.#waiting >= this.#options.most) {
      const reason = pid === undefined ? "no-process" : "queue-full";
      this.#protocol.settleDropped(reason, 1);
      return { dropped: reason };
    }
    const gathered = this.#find(connection, pid);
    gathered.version = facts.version;
    gathered.exchanges.push({
      facts,
      trace: findTrace(requestHeadersOf(exchange)),
      times: exchange.times,
      operations: this.#claim(gathered, exchange),
    });
    this.#add();
    return "taken";
  }

  async whenReady(): Promise<void> {}

  async flush(): Promise<void> {}

  async close(): Promise<void> {}

  /**
   * Takes what is to be sent now. Calls of connections that speak HTTP wait for their exchange.
   * @param now CLOCK_MONOTONIC in nanoseconds; Infinity takes all
   */
  take(now: number): ConnectionLogs[] {
    const taken: ConnectionLogs[] = [];
    for (const [connection, gathered] of this.#connections) {
      const { pid, exchanges, version } = gathered;
      const isDue = (operation: KernelOperation): boolean =>
        gathered.version === undefined ||
        gathered.isClosed ||
        isEndpointCall(operation) ||
        now - operation.ended > WAIT_NANOS;
      const operations = gathered.operations.filter(isDue);
      if (operations.length + exchanges.length > 0)
        taken.push({ connection, pid, peer: this.#findPeer(connection), version, operations, exchanges });
      this.#waiting -= operations.length + exchanges.length;
      const ends = operations.filter(isEndpointCall).length;
      this.#held.ends -= ends;
      this.#held.calls -= operations.length - ends;
      gathered.operations = gathered.operations.filter((one) => !isDue(one));
      gathered.exchanges = [];
      // Not every end is told: of a process that ended, none is.
      const isIdle = gathered.operations.length === 0 && now - gathered.lastAt > IDLE_NANOS;
      if (gathered.isClosed || isIdle) this.#connections.delete(connection);
    }
    return taken;
  }

  #findPeer({ local, remote }: Connection): number | undefined {
    return local === undefined || remote === undefined ? undefined : this.#options.findPeer(local, remote);
  }

  /** The calls from the request's first byte to the response's last; of TLS those since the exchange before. */
  #claim(gathered: Gathered, { connection, times }: Exchange): KernelOperation[] {
    const { boot } = this.#options;
    const from = connection.tls === undefined ? times.requestStart : connection.tls.finished;
    const start = from === undefined ? 0 : Math.max(nanosBetween(boot, from), connection.tls ? gathered.claimedTo : 0);
    const end = times.responseEnd === undefined ? Number.POSITIVE_INFINITY : nanosBetween(boot, times.responseEnd);
    const belongs = (one: KernelOperation): boolean =>
      (one.kind === "read" || one.kind === "write") &&
      one.ended >= start - CLOCK_NANOS &&
      one.ended <= end + CLOCK_NANOS;
    const claimed = gathered.operations.filter(belongs);
    gathered.operations = gathered.operations.filter((one) => !belongs(one));
    gathered.claimedTo = end;
    this.#waiting -= claimed.length;
    this.#held.calls -= claimed.length;
    return claimed;
  }

  #find(connection: Connection, pid: number): Gathered {
    let gathered = this.#connections.get(connection);
    if (gathered === undefined) {
      gathered = { pid, operations: [], exchanges: [], version: undefined, isClosed: false, claimedTo: 0, lastAt: 0 };
      this.#connections.set(connection, gathered);
    }
    return gathered;
  }

  #add(): void {
    if (++this.#waiting === this.#options.full) this.#options.onFull?.();
  }
}

/** Logs that were taken were sent, or why not: in the ledger of whoever sends them. */
export function settleLogs(ledger: Ledger, logs: readonly ConnectionLogs[], problem?: LedgerReason): void {
  const [kernel, protocol] = [ledger.book("kernel-logs"), ledger.book("protocol-logs")];
  for (const { operations, exchanges } of logs) {
    const calls = operations.length + exchanges.reduce((sum, one) => sum + one.operations.length, 0);
    if (problem === undefined) {
      kernel.settleHandled(calls);
      protocol.settleHandled(exchanges.length);
    } else {
      if (calls > 0) kernel.settleDropped(problem, calls);
      if (exchanges.length > 0) protocol.settleDropped(problem, exchanges.length);
    }
  }
}

interface Gathered {
  readonly pid: number;
  operations: KernelOperation[];
  exchanges: ExchangeLog[];
  version: AccessLogFacts["version"] | undefined;
  isClosed: boolean;
  /** When the last call returned. */
  lastAt: number;
  /** The end of the last exchange. */
  claimedTo: number;
}

/** Times of exchanges are sums of two, and a nanosecond off. */
const CLOCK_NANOS = 1000;

function isEndpointCall({ kind }: KernelOperation): boolean {
  return kind === "connect" || kind === "accept" || kind === "close";
}
