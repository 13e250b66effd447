import { Worker } from "node:worker_threads";
import type { FileBatch, FileBatchResult } from "./file-batch.ts";
import { FileBatchRunner } from "./file-batch-runner.ts";
import type { FileSystem } from "./file-system.ts";
import { type PackedSteps, packSteps } from "./packed-steps.ts";

/** Runs batches one after the other, and tells of each when it is done. */
export interface FileExecutor {
  /** The batch's buffer is given away. `done` gets undefined where the executor itself failed. */
  run(batch: FileBatch, done: (result: FileBatchResult | undefined) => void): void;
  close(): Promise<void>;
}

/** A `FileBatch` on its way to the thread that runs it. */
export interface PackedBatch {
  readonly steps: PackedSteps;
  readonly bytes: ArrayBuffer;
}

/** Runs batches in the calling thread. */
export class InlineFileExecutor implements FileExecutor {
  readonly #runner: FileBatchRunner;

  constructor(fileSystem: FileSystem, maxOpenFiles?: number) {
    this.#runner = new FileBatchRunner(fileSystem, maxOpenFiles);
  }

  run(batch: FileBatch, done: (result: FileBatchResult) => void): void {
    done({ ...this.#runner.run(batch), bytes: batch.bytes });
  }

  async close(): Promise<void> {
    this.#runner.close();
  }
}

/**
 * Runs batches in a thread of its own, which is started at the first and keeps the process alive only while there is
 * something to do. One that dies takes the batches with it that it had not done; the next batch starts another.
 */
export class WorkerFileExecutor implements FileExecutor {
  #worker: Worker | undefined;
  /** The batches that are under way, in order. */
  #waiting: ((result: FileBatchResult | undefined) => void)[] = [];

  run(batch: FileBatch, done: (result: FileBatchResult | undefined) => void): void {
    this.#worker ??= this.#start();
    if (this.#waiting.length === 0) this.#worker.ref();
    this.#waiting.push(done);
    const steps = packSteps(batch.steps);
    this.#worker.postMessage({ steps, bytes: batch.bytes } satisfies PackedBatch, [steps.numbers.buffer, batch.bytes]);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    // The worker's file ends as this one does: .ts in a checkout, .js in the package.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const worker = new Worker(new URL(`./file-worker${extension}`, import.meta.url), { name: "trace-files" });
    worker.unref();
    worker.on("message", (result: FileBatchResult) => {
      this.#waiting.shift()?.(result);
      if (this.#waiting.length === 0) worker.unref();
    });
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      const lost = this.#waiting;
      this.#waiting = [];
      for (const done of lost) done(undefined);
    });
    return worker;
  }
}
