import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { DETECTORS } from "../../analysis/detectors.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { type FlowEvent, Ledger, type LedgerFacts, MemoryBudget, type Timestamp } from "../../model/index.ts";
import { AccessLogs, type ConnectionLogs, type LogSource } from "../../sink/skywalking/access-logs.ts";
import { PeerTable } from "../../source/ebpf/events/peer-table.ts";
import type { ProcessEvent } from "../../source/ebpf/events/process-event.ts";
import { WallTime } from "../../source/ebpf/events/wall-time.ts";
import type { Libbpf } from "../../source/ebpf/loader/libbpf.ts";
import { ProcessTable } from "../../source/ebpf/processes/process-table.ts";
import { RingListener, type RingPlace } from "../../source/ebpf/ring-listener.ts";

/** Makes an analyzer: may be sent to the thread that it runs in. */
export interface AnalyzerSettings {
  readonly place: RingPlace;
  /** When CLOCK_MONOTONIC was 0: the same for all. */
  readonly boot: Timestamp;
  /** Memory for the analysis. */
  readonly memoryBytes: number;
  /** Bounds of what waits to be taken: see `AccessLogsOptions`. */
  readonly most: number;
  readonly mostCalls: number;
  readonly mostEnds: number;
  readonly full: number;
}

export interface AnalyzerEvents {
  /** So much waits that it should be taken. */
  onFull(): void;
  /** The first analyzer alone tells: all are told of all processes. */
  onProcess(event: ProcessEvent): void;
  /** The ring had no room for records of a connection. */
  onLost(event: FlowEvent): void;
}

/** The books of an analyzer that is over. */
export interface AnalyzerResult {
  readonly ledger: LedgerFacts;
  /** Bytes that are still reserved: none. */
  readonly reserved: number;
}

/** One of the agent's analyzers, in this thread or in one of its own. */
export interface Analyzer extends LogSource {
  /** The programs are detached: handles what is left in the ring. What waits may be taken still. */
  finish(): Promise<AnalyzerResult>;
  close(): Promise<void>;
}

/** Makes access logs of what is in one of the kernel's rings. */
export class AccessLogAnalyzer implements Analyzer {
  readonly #ledger = new Ledger();
  readonly #budget: MemoryBudget;
  readonly #logs: AccessLogs;
  readonly #pipeline: ExchangePipeline;
  readonly #listener: RingListener;

  constructor(libbpf: Libbpf, settings: AnalyzerSettings, { onFull, onProcess, onLost }: AnalyzerEvents) {
    const { place, boot, memoryBytes, most, mostCalls, mostEnds, full } = settings;
    const ledger = this.#ledger;
    const budget = new MemoryBudget(memoryBytes);
    this.#budget = budget;
    const logs = new AccessLogs({
      ...{ ledger, boot, most, mostCalls, mostEnds, full, onFull },
      findPeer: (local, remote) => peers.find(local, remote),
    });
    this.#logs = logs;
    this.#pipeline = createAccessLogPipeline(logs, ledger, budget);
    const peers = new PeerTable(this.#pipeline);
    this.#listener = new RingListener(place, {
      libbpf,
      observer: peers,
      ledger,
      budget,
      clock: new WallTime(boot),
      processes: new ProcessTable(),
      onOperation: (operation) => logs.operation(operation),
      // They are counted with the calls that sent them.
      onFlow: () => {},
      onLost,
      ...(place.index === 0 && { onProcess }),
    });
  }

  take(now: number): ConnectionLogs[] {
    return this.#logs.take(now);
  }

  async finish(): Promise<AnalyzerResult> {
    this.#listener.close();
    await this.#pipeline.close(Number.POSITIVE_INFINITY);
    return { ledger: this.#ledger.facts, reserved: this.#budget.used };
  }

  async close(): Promise<void> {}
}

/** The way from socket events to access logs. @param budget charged with what the analysis holds */
export function createAccessLogPipeline(logs: AccessLogs, ledger: Ledger, budget: MemoryBudget): ExchangePipeline {
  return new ExchangePipeline({
    ledger,
    budget,
    // None is reported; what is not kept is not searched for secrets either.
    limits: { bodyBytes: 0 },
    decode: decodeContent,
    detectors: DETECTORS,
    redactor: createNodeRedactor(),
    outputs: [{ exchanges: logs }],
  });
}
