import type { MemoryBudget } from "../../model/index.ts";
import { BackendConnection, type BackendRequest, type BackendResult, CLOSED } from "./backend-connection.ts";
import type { BackendDial } from "./backend-dial.ts";

export type { BackendRequest, BackendResult } from "./backend-connection.ts";

export interface BackendPoolOptions {
  readonly dial: BackendDial;
  readonly budget: MemoryBudget;
  readonly maxConnections: number;
  /** From the beginning of a request, its connecting included, to the end of its answer. */
  readonly timeoutMillis: number;
}

/**
 * Keep-alive connections to one backend, with one request at a time on each. More requests wait; nothing bounds how many. Those that come in
 * one turn of the event loop are sent together at its end: what they report goes first, and a backend that sleeps is woken once, which
 * costs more than all the rest of a write.
 */
export class BackendPool {
  readonly #options: BackendPoolOptions;
  readonly #open = new Set<BackendConnection>();
  /** The one that was used last is used next: those that nobody needs become old. */
  readonly #idle: BackendConnection[] = [];
  readonly #waiting: Waiting[] = [];
  #sendsSoon = false;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isClosed = false;

  constructor(options: BackendPoolOptions) {
    this.#options = options;
  }

  /** Calls back once, with the answer or the reason that there is none. */
  send(request: BackendRequest, done: (result: BackendResult) => void): void {
    if (this.#isClosed) {
      done(CLOSED);
      return;
    }
    this.#waiting.push({ request, done });
    this.#sendSoon();
  }

  /** Ends all requests, those that wait too. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#timer);
    for (const { done } of this.#waiting.splice(0)) done(CLOSED);
    for (const connection of [...this.#open]) connection.close(CLOSED);
  }

  #sendSoon(): void {
    if (this.#sendsSoon) return;
    this.#sendsSoon = true;
    setImmediate(() => {
      this.#sendsSoon = false;
      this.#sendWaiting();
    });
  }

  #sendWaiting(): void {
    let sent = 0;
    for (const { request, done } of this.#waiting) {
      const connection = this.#takeIdle() ?? this.#connect();
      if (connection === undefined) break;
      sent++;
      connection.send(request, done);
    }
    this.#waiting.splice(0, sent);
  }

  #takeIdle(): BackendConnection | undefined {
    for (;;) {
      const connection = this.#idle.pop();
      if (connection === undefined || connection.isUsable(performance.now())) return connection;
      connection.close(CLOSED);
    }
  }

  #connect(): BackendConnection | undefined {
    const { dial, budget, maxConnections, timeoutMillis } = this.#options;
    if (this.#open.size >= maxConnections) return undefined;
    this.#timer ??= setInterval(() => this.#expire(), Math.min(MAX_TICK_MILLIS, timeoutMillis / 4)).unref();
    const connection = new BackendConnection({
      dial,
      budget,
      timeoutMillis,
      onIdle: (idle) => this.#reuse(idle),
      onClosed: (closed) => this.#forget(closed),
    });
    this.#open.add(connection);
    return connection;
  }

  #reuse(connection: BackendConnection): void {
    this.#idle.push(connection);
    if (this.#waiting.length > 0) this.#sendSoon();
  }

  #forget(connection: BackendConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.#open.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    if (this.#waiting.length > 0 && !this.#isClosed) this.#sendSoon();
  }

  #expire(): void {
    const now = performance.now();
    for (const connection of [...this.#open]) connection.expire(now);
  }
}

interface Waiting {
  readonly request: BackendRequest;
  readonly done: (result: BackendResult) => void;
}

const MAX_TICK_MILLIS = 1000;
