import type { Duplex } from "node:stream";
import type { LedgerReason, MemoryBudget } from "../../model/index.ts";
import { systemReason } from "../../model/index.ts";
import type { BackendDial } from "./backend-dial.ts";
import { AnswerReader, type BackendAnswer } from "./read-answer.ts";
import { type BackendRequest, writeRequest } from "./write-request.ts";

export type { BackendRequest };

/** Why there is no answer. */
export interface BackendFailure {
  /** In the ledger's words: `econnrefused`, `timed-out`, `tls`, `closed`, `connection`. */
  readonly reason: LedgerReason;
  readonly message: string;
}

export type BackendResult = BackendAnswer | BackendFailure;

export interface BackendConnectionOptions {
  readonly dial: BackendDial;
  /** Charged with the head of an answer that comes in pieces. */
  readonly budget: MemoryBudget;
  /** From the beginning of a request, its connecting included, to the end of its answer. */
  readonly timeoutMillis: number;
  /** It can be given another request. */
  readonly onIdle: (connection: BackendConnection) => void;
  readonly onClosed: (connection: BackendConnection) => void;
}

/**
 * One keep-alive connection to a backend, with one request at a time: a request is one write, an answer is read where it lies. A general
 * client takes 15 µs more for each of both together.
 */
export class BackendConnection {
  readonly #options: BackendConnectionOptions;
  readonly #answer: AnswerReader;
  #socket: Duplex | undefined;
  #done: ((result: BackendResult) => void) | undefined;
  /** The request has to be over by then; idle, the next one has to come. */
  #deadline = 0;
  #isClosed = false;

  constructor(options: BackendConnectionOptions) {
    this.#options = options;
    this.#answer = new AnswerReader(options.budget);
  }

  /** For a connection that was just made, or that said it is idle. Calls back once. */
  send(request: BackendRequest, done: (result: BackendResult) => void): void {
    this.#done = done;
    this.#deadline = performance.now() + this.#options.timeoutMillis;
    this.#answer.begin(request.method === "GET");
    if (this.#socket !== undefined) writeRequest(this.#socket, request);
    else void this.#connect(request);
  }

  /** Whether an idle one may be used: backends close those that are idle, and a request must not cross that. */
  isUsable(now: number): boolean {
    return now < this.#deadline;
  }

  /** To be called now and then. */
  expire(now: number): void {
    if (now < this.#deadline) return;
    const millis = this.#options.timeoutMillis;
    this.close({ reason: "timed-out", message: `no answer within ${millis} ms` });
  }

  /** Ends the request that is under way for this reason. */
  close(failure: BackendFailure): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#answer.close();
    this.#socket?.destroy();
    this.#options.onClosed(this);
    this.#settle(failure);
  }

  async #connect(request: BackendRequest): Promise<void> {
    let socket: Duplex;
    try {
      socket = await this.#options.dial.connect((bytes) => this.#received(bytes));
    } catch (error) {
      this.close(failureOf(error as Error));
      return;
    }
    socket.on("error", (error) => this.close(failureOf(error)));
    socket.on("close", () => this.#ended());
    socket.on("end", () => this.#ended());
    this.#socket = socket;
    if (this.#isClosed) socket.destroy();
    else writeRequest(socket, request);
  }

  #received(bytes: Uint8Array): void {
    if (this.#isClosed) return;
    if (this.#done === undefined) {
      this.close(UNASKED);
      return;
    }
    const problem = this.#answer.push(bytes);
    if (problem !== undefined) this.close({ reason: "connection", message: problem });
    else if (this.#answer.isOver) this.#answered();
  }

  #answered(): void {
    const { answer, staysOpen, idleMillis } = this.#answer;
    // The rest of a request that was answered early would stand before the next one.
    const isReusable = staysOpen && this.#socket!.writableLength === 0;
    const done = this.#done;
    this.#done = undefined;
    if (!isReusable) this.close(CLOSED);
    this.#deadline = performance.now() + idleMillis;
    // Whatever is sent next is sent on it.
    if (isReusable) this.#options.onIdle(this);
    done?.(answer);
  }

  #ended(): void {
    if (this.#done !== undefined && this.#answer.finish()) this.#answered();
    this.close({ reason: "connection", message: "the connection was closed before an answer" });
  }

  #settle(result: BackendResult): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(result);
  }
}

export const CLOSED: BackendFailure = { reason: "closed", message: "closed" };
const UNASKED: BackendFailure = { reason: "connection", message: "an answer to nothing" };

function failureOf(error: Error): BackendFailure {
  const code = String((error as NodeJS.ErrnoException).code ?? "");
  const { message } = error;
  if (code === "ETIMEDOUT") return { reason: "timed-out", message };
  if (/^E[A-Z]+$/.test(code)) return { reason: systemReason(code), message };
  return { reason: /certificate|TLS|SSL|CERT/i.test(`${code} ${message}`) ? "tls" : "connection", message };
}
