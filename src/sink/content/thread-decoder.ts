import type { DecompressionLimits } from "../../analysis/content/decode-bodies.ts";
import type { Body, Header } from "../../model/index.ts";
import { WorkerThread } from "../worker-thread.ts";

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

/** Undoes content codings in a thread of its own. */
export class ThreadDecoder implements BodyDecoder {
  /** One thread serves all taps of a process. */
  static readonly shared = new ThreadDecoder();

  readonly #thread = new WorkerThread<DecodeResult>(new URL("./decode-worker", import.meta.url), "content-codings");

  run(job: DecodeJob, done: (result: DecodeResult | undefined) => void): void {
    this.#thread.ask(job, done);
  }
}
