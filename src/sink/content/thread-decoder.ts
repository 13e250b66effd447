import type { DecompressionLimits } from "../../analysis/content/decode-bodies.ts";
import type { RedactorRecipe } from "../../analysis/redaction/index.ts";
import type { Body, Exchange, Header } from "../../model/index.ts";
import { WorkerThread } from "../worker-thread.ts";

/** Bodies that are coded, or long, with the headers that say how. */
export interface DecodeJob {
  readonly bodies: readonly { readonly body: Body; readonly headers: readonly Header[] }[];
  readonly limits: DecompressionLimits;
  /** The bodies are wanted redacted, too. */
  readonly redaction?: RedactorRecipe | undefined;
  /** Not the bodies are wanted, but this exchange of theirs as an entry of a HAR. */
  readonly entryOf?: Exchange | undefined;
}

export interface DecodeResult {
  /** In the job's order. */
  readonly bodies: readonly Body[];
  /** Likewise; the same object where nothing was hidden. */
  readonly redacted?: readonly Body[];
  /** JSON, in UTF-8. */
  readonly entry?: Uint8Array | undefined;
  /** CPU time that it took, in microseconds. */
  readonly cpuMicros: number;
}

/** Undoes content codings somewhere else, job after job. */
export interface BodyDecoder {
  /** `done` gets undefined where the decoder itself failed. */
  run(job: DecodeJob, done: (result: DecodeResult | undefined) => void): void;
}

/** Undoes content codings in a thread of its own, which gives way to all others. */
export class ThreadDecoder implements BodyDecoder {
  /** One thread serves all taps of a process. */
  static readonly shared = new ThreadDecoder();

  readonly #thread = new WorkerThread<DecodeResult>(new URL("./decode-worker", import.meta.url), "content-codings");

  run(job: DecodeJob, done: (result: DecodeResult | undefined) => void): void {
    this.#thread.ask(job, done);
  }
}
