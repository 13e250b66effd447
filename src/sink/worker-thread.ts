import { type Transferable, Worker } from "node:worker_threads";

/**
 * A thread that answers one message after the other, in their order. It is started at the first, and keeps the process alive only
 * while there is something to do. One that dies takes with it what it had not answered; the next message starts another.
 */
export class WorkerThread<Result> {
  readonly #file: URL;
  readonly #name: string;
  #worker: Worker | undefined;
  /** One for each message that is under way, in order. */
  #waiting: ((result: Result | undefined) => void)[] = [];

  /** @param file what it runs, without the extension */
  constructor(file: URL, name: string) {
    this.#file = file;
    this.#name = name;
  }

  /**
   * @param done gets undefined where the thread itself failed
   * @param transfer given away with the message
   */
  ask(message: unknown, done: (result: Result | undefined) => void, transfer?: readonly Transferable[]): void {
    this.#worker ??= this.#start();
    if (this.#waiting.length === 0) this.#worker.ref();
    this.#waiting.push(done);
    this.#worker.postMessage(message, transfer);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    // The worker's file ends as this one does: .ts in a checkout, .js in the package.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const worker = new Worker(new URL(`${this.#file}${extension}`), { name: this.#name });
    worker.unref();
    worker.on("message", (result: Result) => {
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
