import { Worker } from "node:worker_threads";
import { type FlowEvent, TaplineError } from "../../model/index.ts";
import type { ConnectionLogs } from "../../sink/skywalking/access-logs.ts";
import type { ProcessEvent } from "../../source/ebpf/events/process-event.ts";
import type { Analyzer, AnalyzerEvents, AnalyzerResult, AnalyzerSettings } from "./access-log-analyzer.ts";

export type AnalyzerQuestion = { readonly kind: "take"; readonly now: number } | { readonly kind: "finish" };

export type AnalyzerMessage =
  | { readonly kind: "full" }
  | { readonly kind: "process"; readonly event: ProcessEvent }
  | { readonly kind: "lost"; readonly event: FlowEvent }
  | { readonly kind: "answer"; readonly answer: readonly ConnectionLogs[] | AnalyzerResult | undefined };

/**
 * An analyzer that runs in a thread of its own and reads its ring there. Logs come over only when they are asked for, so that no more of
 * them wait here than were asked for at once.
 */
export class ThreadedAnalyzer implements Analyzer {
  readonly #worker: Worker;
  readonly #waiting: { resolve: (answer: never) => void; reject: (error: Error) => void }[] = [];
  #failure: Error | undefined;
  #isClosed = false;

  private constructor(settings: AnalyzerSettings, events: AnalyzerEvents, onFailure: (error: Error) => void) {
    // The thread's file ends as this one does: .ts in a checkout, .js in the package.
    const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    const name = `analyzer-${settings.place.index + 1}`;
    this.#worker = new Worker(new URL(`./analyzer-thread${extension}`, import.meta.url), {
      name,
      workerData: settings,
    });
    const fail = (error: Error): void => {
      if (this.#isClosed || this.#failure !== undefined) return;
      this.#failure = error;
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      onFailure(error);
    };
    this.#worker.on("message", (message: AnalyzerMessage) => {
      if (message.kind === "answer") this.#waiting.shift()?.resolve(message.answer as never);
      else if (message.kind === "full") events.onFull();
      else if (message.kind === "process") events.onProcess(message.event);
      else events.onLost(message.event);
    });
    this.#worker.on("error", (error) => fail(error as Error));
    this.#worker.on("exit", (code) => {
      if (code !== 0) fail(new TaplineError("output", `the thread ${name} has ended with ${code}`));
    });
  }

  /** Resolves when its ring is mapped. @param onFailure called when the thread has died: what it had is lost */
  static async start(
    settings: AnalyzerSettings,
    events: AnalyzerEvents,
    onFailure: (error: Error) => void,
  ): Promise<ThreadedAnalyzer> {
    const analyzer = new ThreadedAnalyzer(settings, events, onFailure);
    await analyzer.#next<undefined>();
    return analyzer;
  }

  /** A thread that has died has nothing. */
  async take(now: number): Promise<readonly ConnectionLogs[]> {
    return this.#ask<readonly ConnectionLogs[]>({ kind: "take", now }).catch(() => []);
  }

  finish(): Promise<AnalyzerResult> {
    return this.#ask<AnalyzerResult>({ kind: "finish" });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker.terminate();
  }

  #ask<Answer>(question: AnalyzerQuestion): Promise<Answer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#worker.postMessage(question);
    return this.#next<Answer>();
  }

  #next<Answer>(): Promise<Answer> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }
}
