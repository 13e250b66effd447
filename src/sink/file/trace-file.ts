import type { Submission } from "../../model/index.ts";
import type { Retention } from "./retained-files.ts";
import type { TraceFiles } from "./trace-files.ts";
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
  failure: string | undefined;
  readonly #maxQueuedBytes: number;
  readonly #queue: TraceFiles;
  /** Why the last piece that was refused was. */
  #refusedBy: Refusal | undefined;
  #isFinished = false;

  constructor(path: string, number: number, options: TraceFileOptions, queue: TraceFiles) {
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

  #drop(reason: string, size: number): Submission {
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

/** Why there is no room for a piece. */
export type Refusal = "queue-full" | "memory-budget";

const FINISHED: Submission = { dropped: "finished" };
const NO_BYTES = new Uint8Array(0);
