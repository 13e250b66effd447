import type { ConnectionTap, Ledger, Logger, MemoryBudget } from "../../model/index.ts";
import { CaptureFileSink, FilePerTapSink, TraceFiles, WorkerFileExecutor } from "../../sink/file/index.ts";
import type { DownstreamTransportSocket, UpstreamTransportSocket } from "../../source/proxy/config/config.ts";
import type { Counters } from "../../source/proxy/counters.ts";
import {
  ActiveTap,
  Capture,
  type CaptureConfig,
  SocketTap,
  type SocketTapConfig,
  type TapConfig,
} from "../../tap/index.ts";

export interface SocketTapsOptions {
  readonly logger: Logger;
  readonly counters: Counters;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

/** Makes the taps and captures that transport sockets are configured with, and owns the files that they write. */
export class SocketTaps {
  readonly #options: SocketTapsOptions;
  readonly #files: TraceFiles;
  /** Taps that were asked for at run time, by the `config_id` of the sockets that they are for. */
  readonly #requested = new Map<string, ActiveTap>();

  constructor(options: SocketTapsOptions) {
    this.#options = options;
    this.#files = new TraceFiles({ ...options, executor: new WorkerFileExecutor() });
  }

  /** Outermost first. */
  create(socket: DownstreamTransportSocket | UpstreamTransportSocket): readonly ConnectionTap[] {
    const taps: ConnectionTap[] = [];
    for (let current = socket; current.kind === "tap" || current.kind === "capture"; current = current.inner)
      taps.push(current.kind === "tap" ? this.#createTap(current.config) : this.#createCapture(current.config));
    return taps;
  }

  /** Waits until every trace of a connection that has closed is written, or lost. */
  close(): Promise<void> {
    return this.#files.close();
  }

  #createTap(config: SocketTapConfig): ConnectionTap {
    const { common } = config;
    const fixed = common.kind === "static" ? this.#activate(common.tap) : undefined;
    const current = common.kind === "static" ? () => fixed : () => this.#requested.get(common.configId);
    const tap = new SocketTap({ ...this.#options, current, socket: config });
    const { counters, statsName } = tap;
    this.#options.counters.expose(`${statsName}.streamed_submit`, () => counters.streamedSubmit);
    this.#options.counters.expose(`${statsName}.buffered_submit`, () => counters.bufferedSubmit);
    this.#options.counters.expose(`${statsName}.cx_sampled_out`, () => counters.sampledOut);
    return tap;
  }

  #activate(tap: TapConfig): ActiveTap | undefined {
    const { sink } = tap.output;
    // Sinks of the admin listener are only accepted from there.
    if (sink.destination.kind !== "file-per-tap") return undefined;
    return new ActiveTap(tap, new FilePerTapSink(sink.destination.pathPrefix, sink, this.#files));
  }

  #createCapture(config: CaptureConfig): ConnectionTap {
    return new Capture({ sink: new CaptureFileSink(config, this.#files), ledger: this.#options.ledger });
  }
}
