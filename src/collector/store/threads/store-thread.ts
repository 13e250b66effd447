import { Worker } from "node:worker_threads";
import { type ErrorCode, type Place, TaplineError } from "../../../model/index.ts";

/** The data that a thread is started with. */
export interface ThreadData<Options> {
  readonly options: Options;
  /** Questions that are no longer wanted: the number of one stands in its slot. */
  readonly cancelled: SharedArrayBuffer;
}

export interface ThreadQuestion {
  readonly number: number;
  readonly method: string;
  readonly argument: unknown;
}

export type ThreadAnswer = { readonly number: number } & (
  | { readonly result: unknown }
  | { readonly error: ThreadError }
);

export interface ThreadError {
  readonly message: string;
  /** Where in the thread it was thrown, for the log: of what is no TaplineError. */
  readonly stack?: string;
  readonly code?: ErrorCode;
  readonly hint?: string;
  readonly place?: Place;
}

/** Slots of questions that may be called off. */
export const SLOTS = 1024;

/** A thread that answers one question after the other. One that dies fails the questions that it had. */
export class StoreThread {
  readonly #worker: Worker;
  readonly #cancelled = new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT);
  readonly #waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>();
  #number = 0;
  #failure: Error | undefined;

  /** @param worker the file that it runs */
  constructor(worker: URL, name: string, options: unknown) {
    this.#worker = new Worker(worker, { name, workerData: { options, cancelled: this.#cancelled } });
    this.#worker.on("message", (answer: ThreadAnswer) => this.#take(answer));
    this.#worker.on("error", (error) => this.#fail(error as Error));
    this.#worker.on("exit", () => this.#fail(new TaplineError("output", `the thread ${name} has ended`)));
  }

  /** How many questions are open. */
  get open(): number {
    return this.#waiting.size;
  }

  /** @param moved parts of the argument that are moved there, and are empty here from then on */
  ask<Result>(
    method: string,
    argument: unknown,
    { signal, moved = [] }: { signal?: AbortSignal | undefined; moved?: readonly ArrayBuffer[] } = {},
  ): Promise<Result> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (signal?.aborted === true) return Promise.reject(abortError());
    const number = ++this.#number;
    return new Promise<Result>((resolve, reject) => {
      const onAbort = (): void => {
        Atomics.store(new Int32Array(this.#cancelled), number % SLOTS, number);
        if (this.#waiting.delete(number)) reject(abortError());
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const release = (): void => signal?.removeEventListener("abort", onAbort);
      this.#waiting.set(number, {
        resolve: (result) => {
          release();
          resolve(result as Result);
        },
        reject: (error) => {
          release();
          reject(error);
        },
      });
      this.#worker.postMessage({ number, method, argument } satisfies ThreadQuestion, moved);
    });
  }

  /** Asks it to close what it has, and ends it. */
  async close(): Promise<void> {
    if (this.#failure === undefined) await this.ask("close", undefined).catch(() => {});
    await this.#worker.terminate();
  }

  #take(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.number);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.number);
    if ("result" in answer) waiting.resolve(answer.result);
    else waiting.reject(toError(answer.error));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function abortError(): Error {
  return new DOMException("it is no longer wanted", "AbortError");
}

function toError({ message, stack, code, hint, place }: ThreadError): Error {
  if (code === undefined) return Object.assign(new Error(message), stack === undefined ? {} : { stack });
  return new TaplineError(code, message, {
    ...(hint !== undefined && { hint }),
    ...(place !== undefined && { place }),
  });
}
