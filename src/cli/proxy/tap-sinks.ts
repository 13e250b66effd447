import type { Ledger, Logger, MemoryBudget } from "../../model/index.ts";
import { CaptureFileSink, FilePerTapSink, TraceFiles, WorkerFileExecutor } from "../../sink/file/index.ts";
import { ActiveTap, type CaptureConfig, type CaptureSink, type TapConfig, type TraceSink } from "../../tap/index.ts";

export interface TapSinksOptions {
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

/** Makes the sinks that tap configurations name, and owns what they share: the files that are being written. */
export class TapSinks {
  readonly #files: TraceFiles;

  constructor(options: TapSinksOptions) {
    this.#files = new TraceFiles({ ...options, executor: new WorkerFileExecutor() });
  }

  /** The configuration of a file, in force. Sinks of the admin listener are refused there when it is read. */
  activate(tap: TapConfig): ActiveTap {
    return new ActiveTap(tap, this.create(tap));
  }

  create({ output: { sink } }: TapConfig): TraceSink {
    const { destination } = sink;
    if (destination.kind === "file-per-tap") return new FilePerTapSink(destination.pathPrefix, sink, this.#files);
    throw new Error(`no sink of its own: ${destination.kind}`);
  }

  createCapture(config: CaptureConfig): CaptureSink {
    return new CaptureFileSink(config, this.#files);
  }

  /** Waits until every trace of a connection that has closed is written, or lost. */
  close(): Promise<void> {
    return this.#files.close();
  }
}
