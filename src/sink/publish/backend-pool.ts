import { isIP } from "node:net";
import type { Pool } from "undici";
import { TaplineError } from "../../model/index.ts";
import type { BackendDial } from "./backend-dial.ts";

export interface BackendPoolOptions {
  readonly dial: BackendDial;
  readonly maxConnections: number;
  /** From the beginning of a request to the end of its answer, in each of its parts. */
  readonly timeoutMillis: number;
}

export interface BackendRequest {
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Names and values in turn, in the order in which they are sent. */
  readonly headers: readonly string[];
  readonly body?: Uint8Array;
}

export interface BackendAnswer {
  readonly status: number;
  /** Its fields, by their names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** Keep-alive connections to one backend, with one request at a time on each. undici is loaded at the first request. */
export class BackendPool {
  readonly #options: BackendPoolOptions;
  #pool: Promise<Pool> | Pool | undefined;
  #isClosed = false;

  constructor(options: BackendPoolOptions) {
    this.#options = options;
  }

  /** Calls back once: with the answer, or the error that there was instead (`TimeoutError` by name where it took too long). */
  send(request: BackendRequest, done: (answer: BackendAnswer | Error) => void): void {
    const pool = this.#pool;
    if (pool !== undefined && !(pool instanceof Promise)) {
      this.#dispatch(pool, request, done);
      return;
    }
    this.#pool ??= this.#open();
    void (this.#pool as Promise<Pool>).then(
      (opened) => this.#dispatch(opened, request, done),
      (error) => done(error as Error),
    );
  }

  /** Ends what is under way with an error, and closes the connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const pool = await Promise.resolve(this.#pool).catch(() => undefined);
    await pool?.destroy(new TaplineError("connection", "closed")).catch(() => {});
  }

  async #open(): Promise<Pool> {
    const { dial, maxConnections, timeoutMillis } = this.#options;
    const { Pool, buildConnector } = await import("undici");
    const connect = buildConnector({ ...dial.tls, timeout: timeoutMillis });
    const { hostname } = new URL(dial.origin);
    const pool = new Pool(dial.origin, {
      connections: maxConnections,
      pipelining: 1,
      allowH2: false,
      maxResponseSize: MAX_ANSWER_BYTES,
      // By itself undici asks for the name in the Host header, which says something else here.
      connect: dial.connect ?? ((options, done) => connect({ ...options, servername: serverName(hostname) }, done)),
    });
    this.#pool = pool;
    return pool;
  }

  #dispatch(pool: Pool, request: BackendRequest, done: (answer: BackendAnswer | Error) => void): void {
    if (this.#isClosed) {
      done(new TaplineError("connection", "closed"));
      return;
    }
    const { timeoutMillis } = this.#options;
    const answer = new AnswerReader(done);
    const options = { headersTimeout: timeoutMillis, bodyTimeout: timeoutMillis };
    try {
      pool.dispatch({ ...options, ...request, headers: request.headers as string[] }, answer);
    } catch (error) {
      answer.onResponseError(undefined, error as Error);
    }
  }
}

/** Gathers one answer for undici's `dispatch`, and tells it once. */
class AnswerReader {
  readonly #done: (answer: BackendAnswer | Error) => void;
  #status = 0;
  #headers: BackendAnswer["headers"] = {};
  #chunks: Uint8Array[] | undefined;
  #isDone = false;

  constructor(done: (answer: BackendAnswer | Error) => void) {
    this.#done = done;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: unknown, status: number, headers: BackendAnswer["headers"]): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_controller: unknown, chunk: Uint8Array): void {
    this.#chunks ??= [];
    this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const body = this.#chunks === undefined ? NO_BYTES : Buffer.concat(this.#chunks);
    this.#end({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#end(error);
  }

  #end(answer: BackendAnswer | Error): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#done(answer);
  }
}

/** Empty for an address, which is no name (RFC 6066 section 3). */
function serverName(hostname: string): string {
  return isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? hostname : "";
}

/** A list of hosts; answers to reports are not looked into. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
const NO_BYTES = new Uint8Array(0);
