import { bookFailures, type FilterFailures } from "../analysis/filter/index.ts";
import { formatEndpoint, type Ledger, type Logger, type MemoryBudget } from "../model/index.ts";
import type { ClusterConfig } from "../source/dial/cluster-config.ts";
import { fingerprint } from "../source/dial/fingerprint.ts";
import {
  ActiveTap,
  type CaptureConfig,
  type CaptureSink,
  type GrpcDestination,
  type OutputSink,
  type TapConfig,
  type TraceSink,
} from "../tap/index.ts";
import { CaptureFileSink, FilePerTapSink, SingleFileSink, TraceFiles, WorkerFileExecutor } from "./file/index.ts";
import { clusterDialler, DEFAULT_CONNECT_TIMEOUT_MILLIS, dialAddress } from "./grpc/dial-cluster.ts";
import { StreamTapsSink, type StreamTapsSinkOptions } from "./grpc/stream-taps-sink.ts";
import { UdpTapSink } from "./udp/udp-tap-sink.ts";

export interface TapSinksOptions {
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  /** Identifies this process to receivers of its traces. */
  readonly node: { readonly id: string; readonly cluster: string };
}

/** A sink for as long as it is needed. */
export interface LeasedSink {
  readonly sink: TraceSink;
  /** To be called once, when nothing more is opened in it: what is open goes on. */
  readonly release: () => void;
}

/**
 * Makes the sinks that tap configurations name, and owns what they share: the files that are being written, and those that
 * many traces go into, streams and sockets, of which there is one for each target.
 */
export class TapSinks {
  readonly #options: TapSinksOptions;
  readonly #files: TraceFiles;
  readonly #shared = new Map<string, SharedSink>();
  readonly #closing = new Set<Promise<void>>();
  /** The clusters that sinks may call: those of the configuration that is being put in force. */
  clusters: readonly ClusterConfig[] = [];

  constructor(options: TapSinksOptions) {
    this.#options = options;
    this.#files = new TraceFiles({ ...options, executor: new WorkerFileExecutor() });
  }

  /** The configuration of a file, in force. Sinks of the admin listener are refused there when it is read. */
  activate(tap: TapConfig): ActiveTap {
    return new ActiveTap(tap, this.lease(tap).sink, this.onFilterFailure("a tap's cel_match"));
  }

  /** Where expressions that go beyond their limits are counted and told. */
  onFilterFailure(name: string): (failures: FilterFailures) => void {
    const { ledger, logger } = this.#options;
    return bookFailures(ledger, name, (message) => logger.warn({}, message));
  }

  lease({ output: { sink } }: TapConfig): LeasedSink {
    const { destination } = sink;
    switch (destination.kind) {
      case "file-per-tap":
        if (destination.single !== undefined)
          return this.#share(sink, () => {
            const file = new SingleFileSink(destination, sink, this.#files);
            return { sink: file, rotate: () => file.rotate(), close: () => file.close() };
          });
        return {
          sink: new FilePerTapSink(destination.pathPrefix, sink, this.#files, destination.keep),
          release() {},
        };
      case "streaming-grpc":
        return this.#share(sink, () => {
          const stream = new StreamTapsSink(this.#streamOptions(destination, sink));
          return { sink: stream, close: () => stream.close() };
        });
      case "udp":
        return this.#share(sink, () => {
          const { ledger, ...options } = this.#options;
          const udp = new UdpTapSink({
            ...options,
            address: destination.address,
            sink,
            book: ledger.book("udp-datagrams"),
          });
          return { sink: udp, close: () => udp.close() };
        });
      case "streaming-admin":
      case "buffered-admin":
        throw new Error(`the sink ${destination.kind} belongs to a reader of /tap`);
    }
  }

  createCapture(config: CaptureConfig): CaptureSink {
    return new CaptureFileSink(config, this.#files);
  }

  /** Finishes the files that many traces go into: what comes goes into others. */
  rotate(): void {
    for (const { rotate } of this.#shared.values()) rotate?.();
  }

  /** How many finished files were deleted, because no more of them are to be kept. */
  get deletedFiles(): number {
    return this.#files.deletedFiles;
  }

  /** Waits until every trace of a connection that has closed is written or sent, or lost. */
  async close(): Promise<void> {
    for (const shared of this.#shared.values()) this.#end(shared);
    this.#shared.clear();
    await Promise.all(this.#closing);
    await this.#files.close();
  }

  /** One for all whose sink is configured alike, closed when the last of them lets go. */
  #share(sink: OutputSink, create: () => Omit<SharedSink, "users">): LeasedSink {
    const key = this.#keyOf(sink);
    let shared = this.#shared.get(key);
    if (shared === undefined) {
      shared = { ...create(), users: 0 };
      this.#shared.set(key, shared);
    }
    const own = shared;
    own.users++;
    return {
      sink: own.sink,
      release: () => {
        if (--own.users > 0 || this.#shared.get(key) !== own) return;
        this.#shared.delete(key);
        this.#end(own);
      },
    };
  }

  /** A cluster that was changed is another target. */
  #keyOf(sink: OutputSink): string {
    const { destination } = sink;
    if (destination.kind !== "streaming-grpc" || destination.target.kind !== "cluster") return fingerprint(sink);
    return fingerprint([sink, this.#cluster(destination.target.name)]);
  }

  #end(shared: SharedSink): void {
    const closing = shared.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  #streamOptions({ target, tapId, version, metadata }: GrpcDestination, sink: OutputSink): StreamTapsSinkOptions {
    const { budget, ledger, logger, node } = this.#options;
    return {
      ...(target.kind === "cluster"
        ? {
            authority: `http://${target.authority ?? target.name}`,
            target: `cluster ${target.name}`,
            dial: clusterDialler(this.#cluster(target.name), logger, "h2"),
          }
        : {
            authority: "http://localhost",
            target: formatEndpoint(target.address),
            dial: () => dialAddress(target.address, DEFAULT_CONNECT_TIMEOUT_MILLIS),
          }),
      identifier: { nodeId: node.id, cluster: node.cluster, tapId },
      version,
      layout: sink.connectionLayout,
      metadata,
      budget,
      book: ledger.book("stream-taps"),
      logger,
    };
  }

  #cluster(name: string): ClusterConfig {
    const cluster = this.clusters.find((one) => one.name === name);
    if (cluster === undefined) throw new Error(`the configuration was read with a cluster '${name}'`);
    return cluster;
  }
}

interface SharedSink {
  readonly sink: TraceSink;
  readonly rotate?: () => void;
  readonly close: () => Promise<void>;
  users: number;
}
