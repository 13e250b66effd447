import { Worker } from "node:worker_threads";
import type { DecompressionLimits } from "../../analysis/content/decode-bodies.ts";
import type { Body, Header } from "../../model/index.ts";

/** Coded bodies, with the headers that say how. */
export interface DecodeJob {
  readonly bodies: readonly { readonly body: Body; readonly headers: readonly Header[] }[];
  readonly limits: DecompressionLimits;
}

export interface DecodeResult {
  /** In the job's order. */
  readonly bodies: readonly Body[];
  /** CPU time that it took, in microseconds. */
  readonly cpuMicros: number;
}

/** Undoes content codings somewhere else, job after job. */
export interface BodyDecoder {
  /** `done` gets undefined where the decoder itself failed. */
  run(job: DecodeJob, done: (result: DecodeResult | undefined) => void): void;
}

/**
 * Undoes content codings in a thread of its own, which is started at the first job and keeps the process alive only while there is
 * something to do. One that dies takes its jobs with it; the next job starts another.
 */
export class ThreadDecoder implements BodyDecoder {
  /** One thread serves all taps of a process. */
  static readonly shared = new ThreadDecoder();

  #worker: Worker | undefined;
  /** The jobs that are under way, in their order. */
  #waiting: ((result: DecodeResult | undefined) => void)[] = [];

  run(job: DecodeJob, done: (result: DecodeResult | undefined) => void): void {
    this.#worker ??= this.#start();
    if (this.#waiting.length === 0) this.#worker.ref();
    this.#waiting.push(done);
    this.#worker.postMessage(job);
  }

  #start(): Worker {
    // The worker's file ends as this one does: .ts in a checkout, .js in the package.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const worker = new Worker(new URL(`./decode-worker${extension}`, import.meta.url), { name: "content-codings" });
    worker.unref();
    worker.on("message", (result: DecodeResult) => {
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
