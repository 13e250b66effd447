import type { LedgerBook, LedgerReason, Submission } from "../../model/index.ts";
import type { Retention } from "./retained-files.ts";
import type { TraceOutput } from "./trace-output.ts";

/** One file that grows under its name with `.partial` and gets the name itself when it is finished. */
export class TraceFile implements TraceOutput {
  readonly path: string;
  /** @internal By which the executor knows it. */
  readonly number: number;
  /** @internal */
  readonly retention: Retention | undefined;
  /** @internal Bytes of it that wait to be written. */
  queuedBytes = 0;
  /** @internal Whether the executor was told of it. */
  isKnown = false;
  /** Why nothing more can be written to it, in the ledger's words. */
  failure: LedgerReason | undefined;
  readonly #maxQueuedBytes: number;
  readonly #queue: FileQueue;
  /** Why the last piece that was refused was. */
  #refusedBy: Refusal | undefined;
  #isFinished = false;

  constructor(path: string, number: number, options: TraceFileOptions, queue: FileQueue) {
    this.path = path;
    this.number = number;
    this.retention = options.retention;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? Number.POSITIVE_INFINITY;
    this.#queue = queue;
  }

  /** Appends a piece that is a whole of its kind; it is copied. */
  append(bytes: Uint8Array): Submission {
    if (this.#isFinished) return FINISHED;
    const size = bytes.length;
    this.#queue.bytes.enter(size);
    if (this.failure !== undefined) return this.#drop(this.failure, size);
    const refusal = this.queuedBytes + size > this.#maxQueuedBytes ? "queue-full" : this.#queue.tryReserve(size);
    if (refusal !== undefined) {
      this.#refusedBy = refusal;
      this.#queue.tellRefusal(this.path, refusal, size);
      return this.#drop(refusal, size);
    }
    this.queuedBytes += size;
    this.#queue.append(this, bytes);
    return "taken";
  }

  /**
   * Gives it its name. A file of which nothing was taken does not come into being.
   *
   * @param end its last bytes, few: they are taken however much waits to be written
   */
  finish(end: Uint8Array = NO_BYTES): void {
    if (this.#isFinished) return;
    this.#isFinished = true;
    if (this.isKnown) this.#queue.finish(this, end);
    else if (this.#refusedBy !== undefined) {
      this.#queue.files.enter(1);
      this.#queue.files.settleDropped(this.#refusedBy, 1);
    }
  }

  #drop(reason: LedgerReason, size: number): Submission {
    this.#queue.bytes.settleDropped(reason, size);
    return { dropped: reason };
  }
}

export interface TraceFileOptions {
  /** The most of it that waits to be written; default no limit of its own. */
  readonly maxQueuedBytes?: number;
  /** How many files of its kind stay when it is finished; default all. */
  readonly retention?: Retention;
}

/** The part that the files of a process share: `TraceFiles`. */
export interface FileQueue {
  readonly files: LedgerBook;
  readonly bytes: LedgerBook;
  /** Makes room for a piece, or says why there is none. */
  tryReserve(size: number): Refusal | undefined;
  /** Queues what room was made for. */
  append(file: TraceFile, bytes: Uint8Array): void;
  /** The file, of which something was queued, is whole. */
  finish(file: TraceFile, end: Uint8Array): void;
  tellRefusal(path: string, code: Refusal, lostBytes: number): void;
}

/** Why there is no room for a piece. */
export type Refusal = "queue-full" | "memory-budget";

const FINISHED: Submission = { dropped: "finished" };
const NO_BYTES = new Uint8Array(0);
