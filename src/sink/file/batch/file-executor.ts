import { WorkerThread } from "../../worker-thread.ts";
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

/** Runs batches in a thread of its own. */
export class WorkerFileExecutor implements FileExecutor {
  readonly #thread = new WorkerThread<FileBatchResult>(new URL("./file-worker", import.meta.url), "trace-files");

  run(batch: FileBatch, done: (result: FileBatchResult | undefined) => void): void {
    const steps = packSteps(batch.steps);
    this.#thread.ask({ steps, bytes: batch.bytes } satisfies PackedBatch, done, [steps.numbers.buffer, batch.bytes]);
  }

  close(): Promise<void> {
    return this.#thread.close();
  }
}
