import type { Ledger, LedgerBook, LedgerReason, Logger, MemoryBudget } from "../../model/index.ts";
import { systemReason } from "../../model/index.ts";
import { PacedDecoder } from "../content/paced-decoder.ts";
import { type BodyDecoder, ThreadDecoder } from "../content/thread-decoder.ts";
import { BatchBuffer } from "./batch/batch-buffer.ts";
import type { FileBatchResult, FileStep } from "./batch/file-batch.ts";
import type { FileExecutor } from "./batch/file-executor.ts";
import { FailureLog } from "./failure-log.ts";
import { type FileQueue, type Refusal, TraceFile, type TraceFileOptions } from "./trace-file.ts";

export interface TraceFilesOptions {
  readonly executor: FileExecutor;
  /** Charged with what waits to be written. */
  readonly budget: MemoryBudget;
  readonly ledger: Ledger;
  readonly logger: Logger;
  /** How much may wait to be written, in bytes; default 64 MiB. One long piece may exceed it, within the budget. */
  readonly maxQueuedBytes?: number;
  /** Decodes what is written as HAR; default a thread that all share. */
  readonly bodyDecoder?: BodyDecoder;
  /** Milliseconds, of a clock that never goes back; default performance.now. */
  readonly now?: () => number;
}

export const DEFAULT_MAX_QUEUED_BYTES = 64 * 1024 * 1024;
/** How long a batch gathers. */
const GATHER_MILLIS = 10;
/** A batch of that many steps goes at once, however few bytes they have. */
const MAX_STEPS = 4096;

/**
 * The files of all traces of a process. What is appended is gathered into batches that an executor writes elsewhere: no
 * call waits for the disk. What waits is bounded; what exceeds the bound, or cannot be written, is lost, counted and logged.
 *
 * Books: `trace-files` (files: finished, or dropped by reason), `trace-file-bytes`, and `coded-bodies` (of HAR).
 */
export class TraceFiles implements FileQueue {
  readonly #executor: FileExecutor;
  readonly #budget: MemoryBudget;
  /** @internal */
  readonly files: LedgerBook;
  /** @internal */
  readonly bytes: LedgerBook;
  readonly #ledger: Ledger;
  readonly #bodyDecoder: BodyDecoder;
  /** Those that have something to do. */
  readonly #decoding = new Set<PacedDecoder>();
  readonly #failureLog: FailureLog;
  readonly #maxQueuedBytes: number;
  /** Files whose last word from the executor is not known. */
  readonly #known = new Map<number, TraceFile>();
  readonly #buffer = new BatchBuffer();
  #steps: FileStep[] = [];
  #queuedBytes = 0;
  #nextFile = 0;
  #batchesUnderWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #idle: (() => void)[] = [];

  constructor(options: TraceFilesOptions) {
    this.#executor = options.executor;
    this.#budget = options.budget;
    this.files = options.ledger.book("trace-files");
    this.bytes = options.ledger.book("trace-file-bytes");
    this.#ledger = options.ledger;
    this.#bodyDecoder = options.bodyDecoder ?? ThreadDecoder.shared;
    this.#failureLog = new FailureLog(options.logger, options.now);
    this.#maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES;
  }

  /** A file of that name, which comes into being with the first append. */
  open(path: string, options: TraceFileOptions = {}): TraceFile {
    return new TraceFile(path, this.#nextFile++, options, this);
  }

  /** Decodes for one tap what it writes as HAR; `flush` and `close` wait for it. Book: `coded-bodies`. */
  createDecoder(): PacedDecoder {
    const decoder: PacedDecoder = new PacedDecoder({
      budget: this.#budget,
      ledger: this.#ledger,
      decoder: this.#bodyDecoder,
      makes: "har-entries",
      onChange: (isIdle) => (isIdle ? this.#decoding.delete(decoder) : this.#decoding.add(decoder)),
    });
    return decoder;
  }

  /** How many finished files were deleted, because no more of them are to be kept. */
  deletedFiles = 0;

  /** Bytes that wait to be written. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Waits until everything that was appended and finished so far is on its way out of the process, or lost. */
  async flush(): Promise<void> {
    while (this.#decoding.size > 0) await Promise.all([...this.#decoding].map((decoder) => decoder.whenIdle()));
    this.#send();
    if (this.#batchesUnderWay > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Flushes, and lets go of everything. Files that are not finished keep their partial names. */
  async close(): Promise<void> {
    await this.flush();
    for (const file of this.#known.values()) this.#settle(file, "unfinished");
    await this.#executor.close();
  }

  /** @internal */
  tryReserve(size: number): Refusal | undefined {
    // A piece that is longer than half the queue waits for half of it only: a trace may be longer than the queue.
    const needed = Math.min(size, this.#maxQueuedBytes / 2);
    if (this.#queuedBytes + needed > this.#maxQueuedBytes) return "queue-full";
    return this.#budget.tryReserve(size) ? undefined : "memory-budget";
  }

  /** @internal */
  append(file: TraceFile, bytes: Uint8Array): void {
    const size = bytes.length;
    this.#queuedBytes += size;
    if (!file.isKnown) this.#makeKnown(file);
    if (!this.#buffer.hasRoom(size)) this.#send();
    this.#buffer.append(bytes);
    this.#steps.push({ kind: "append", file: file.number, length: size });
    this.#schedule();
  }

  /** @internal */
  finish(file: TraceFile, end: Uint8Array): void {
    this.bytes.enter(end.length);
    this.#steps.push({ kind: "finish", file: file.number, end, retention: file.retention });
    this.#schedule();
  }

  /** @internal */
  tellRefusal(path: string, code: Refusal, lostBytes: number): void {
    this.#failureLog.report({ code, path, message: REFUSALS[code], lostBytes });
  }

  #makeKnown(file: TraceFile): void {
    file.isKnown = true;
    this.files.enter(1);
    this.#known.set(file.number, file);
    this.#steps.push({ kind: "open", file: file.number, path: file.path });
  }

  #schedule(): void {
    if (this.#buffer.isFull || this.#steps.length >= MAX_STEPS) this.#send();
    else this.#timer ??= setTimeout(() => this.#send(), GATHER_MILLIS);
  }

  #send(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#steps.length === 0) return;
    const steps = this.#steps;
    const { bytes, length } = this.#buffer.take();
    this.#steps = [];
    this.#batchesUnderWay++;
    this.#executor.run({ steps, bytes }, (result) => this.#settleBatch(steps, length, result));
  }

  #settleBatch(steps: readonly FileStep[], length: number, result: FileBatchResult | undefined): void {
    this.#batchesUnderWay--;
    this.#queuedBytes -= length;
    this.#budget.release(length);
    if (result === undefined) this.#settleLostBatch(length + endBytes(steps));
    else {
      if (result.bytes !== undefined) this.#buffer.giveBack(result.bytes);
      this.bytes.settleHandled(result.written);
      this.deletedFiles += result.deleted;
      for (const failure of result.failures) {
        const reason = systemReason(failure.code);
        this.bytes.settleDropped(reason, failure.lostBytes);
        this.bytes.revokeHandled(reason, failure.goneBytes);
        const file = this.#known.get(failure.file);
        if (file !== undefined) file.failure = reason;
        if (failure.isNew) this.#failureLog.report({ ...failure, lostBytes: failure.lostBytes + failure.goneBytes });
      }
    }
    for (const step of steps) {
      const file = this.#known.get(step.file);
      if (file === undefined) continue;
      if (step.kind === "append") file.queuedBytes -= step.length;
      else if (step.kind === "finish") this.#settle(file, file.failure);
    }
    if (this.#batchesUnderWay > 0) return;
    const idle = this.#idle;
    this.#idle = [];
    for (const resolve of idle) resolve();
  }

  /** The executor died: nothing is known of the batch, and every file that was begun is cut. */
  #settleLostBatch(length: number): void {
    this.bytes.settleDropped("writer-failed", length);
    for (const file of this.#known.values()) file.failure ??= "writer-failed";
    this.#failureLog.report({
      code: "writer-failed",
      path: "",
      message: "the thread that writes trace files died",
      lostBytes: length,
    });
  }

  #settle(file: TraceFile, failure: LedgerReason | undefined): void {
    this.#known.delete(file.number);
    if (failure === undefined) this.files.settleHandled(1);
    else this.files.settleDropped(failure, 1);
  }
}

function endBytes(steps: readonly FileStep[]): number {
  return steps.reduce((sum, step) => (step.kind === "finish" ? sum + step.end.length : sum), 0);
}

const REFUSALS = {
  "queue-full": "the disk does not keep up: too much waits to be written",
  "memory-budget": "the memory that may be used is used up (--memory)",
} as const satisfies Record<Refusal, string>;
