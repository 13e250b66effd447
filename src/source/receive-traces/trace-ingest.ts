import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { HttpExchange, Ledger, LedgerBook, LedgerReason, MemoryBudget, Submission } from "../../model/index.ts";
import { isTaken } from "../../model/index.ts";
import { readTelemetry, TELEMETRY_FORMATS, type TelemetryFormat } from "../../wire/telemetry/index.ts";
import type { PacedTurns } from "../paced-turns.ts";
import { readShippedFilter, SHIPPED_FILTER_NAME, type ShippedFilter } from "../shipped-filter.ts";
import { readBody } from "./read-body.ts";
import { ReportedExchanges } from "./reported-exchanges.ts";

export interface TraceIngestOptions {
  /** Book `received-traces`: reports, handled when `take` took them. */
  readonly ledger: Ledger;
  /** Charged with bodies while they are read. */
  readonly budget: MemoryBudget;
  /** Takes what was reported; a report is answered when it has: 200 when it is taken, else 503, and the sender may try again. */
  readonly take: (exchange: HttpExchange, format: TelemetryFormat) => Submission | Promise<Submission>;
  /** Wanted as `X-Trace-Source-Token` or as `Authorization: Bearer`; absent: anybody who reaches the address may report. */
  readonly token?: string | undefined;
  /** The hosts to report (`GET /api/hostsToTrace`): `host:port`, or `*`, which is the default. */
  readonly hosts?: (reporter: string) => readonly string[];
  /** Bytes of one report, with its content coding and without. Default 16 MiB: two bodies of 1 MB in base64 and large headers fit. */
  readonly maxBytes?: number;
  /** Names who reports from an address in what is made of it (`connection.source`); default the address. */
  readonly nameReporter?: (address: string) => string;
  /** Told of each report that was not taken, in the ledger's words. */
  readonly refused?: (reporter: string, reason: LedgerReason) => void;
  /** Why no more can be taken at the moment: it is answered with 503 before the report is read. */
  readonly busy?: () => LedgerReason | undefined;
  /** Where reports that were read wait for their turn; default: none waits. */
  readonly turns?: PacedTurns;
  /** Serves `/http-trace-filter.wasm`; default the file that ships. */
  readonly filter?: () => ShippedFilter | undefined;
}

/**
 * Receives what trace exporters report, as a handler for a node:http server: `POST /publish` and `POST /api/telemetry`, either format
 * on both, told by its keys; `GET /api/hostsToTrace`; the filter's file for Envoys that fetch it. What is wrong with a
 * report is answered with its place.
 */
export class TraceIngest {
  readonly #options: TraceIngestOptions;
  readonly #book: LedgerBook;
  readonly #exchanges = new ReportedExchanges();
  readonly #token: Buffer | undefined;
  readonly #maxBytes: number;
  readonly #taken: ServerResponse[] = [];
  #filter: ShippedFilter | undefined;

  constructor(options: TraceIngestOptions) {
    this.#options = options;
    this.#book = options.ledger.book("received-traces");
    this.#token = options.token === undefined ? undefined : Buffer.from(options.token);
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
  }

  /** Answers a request; whether it is one of its own. What is none is left to others. */
  readonly handle = (request: IncomingMessage, response: ServerResponse): boolean => {
    const { url = "/" } = request;
    const query = url.indexOf("?");
    const path = query < 0 ? url : url.slice(0, query);
    if (REPORT_PATHS.has(path)) this.#receive(request, response);
    else if (path === "/api/hostsToTrace") this.#listHosts(request, response);
    else if (path === `/${SHIPPED_FILTER_NAME}`) this.#sendFilter(request, response);
    else return false;
    return true;
  };

  /** Whether it may ask for what is no report, either: a web page or one without the token is refused. */
  admits(request: IncomingMessage, response: ServerResponse): boolean {
    const refusal = this.#refusal(request, request.method ?? "");
    if (refusal === undefined) return true;
    request.resume();
    sendProblem(response, refusal[0], refusal[2]);
    return false;
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    this.#book.enter(1);
    const refusal = this.#refusal(request, "POST");
    if (refusal !== undefined) {
      this.#refuse(request, response, ...refusal);
      return;
    }
    const { budget, busy, turns } = this.#options;
    const reason = busy?.();
    if (reason !== undefined) {
      this.#refuse(request, response, 503, reason, `not taken: ${reason}`);
      return;
    }
    readBody(
      request,
      { budget, maxBytes: this.#maxBytes },
      (body) => {
        if ("status" in body) this.#refuse(request, response, body.status, body.reason, body.message);
        else {
          const read = () => this.#read(request, response, body.bytes, () => budget.release(body.reserved));
          turns === undefined ? read() : turns.run(read);
        }
      },
      () => this.#drop(request, "client-went-away"),
    );
  }

  #read(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array, release: () => void): void {
    const reading = readTelemetry(bytes);
    if ("fault" in reading) {
      release();
      this.#refuse(request, response, 400, reading.fault.reason, reading.fault.message);
      return;
    }
    const exchange = this.#exchanges.make(reading.telemetry, this.#reporterOf(request), reading.isBroken);
    const end = (submission: Submission): void => {
      release();
      if (isTaken(submission)) {
        this.#book.settleHandled(1);
        this.#answer(response);
      } else this.#refuse(request, response, 503, submission.dropped, `not taken: ${submission.dropped}`);
    };
    const submission = this.#options.take(exchange, reading.format);
    if (!(submission instanceof Promise)) end(submission);
    else submission.then(end, () => end({ dropped: "failed" }));
  }

  /** At the end of this turn of the event loop, with others: whoever reported sleeps, and is woken once. */
  #answer(response: ServerResponse): void {
    if (this.#taken.push(response) === 1) setImmediate(() => this.#answerTaken());
  }

  /** Between the pieces of what was a large batch, others are looked at. */
  #answerTaken(): void {
    for (const one of this.#taken.splice(0, ANSWERED_AT_ONCE)) one.writeHead(200, TAKEN).end();
    if (this.#taken.length > 0) setImmediate(() => this.#answerTaken());
  }

  #listHosts(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#refusal(request, "GET");
    if (refusal !== undefined) sendProblem(response, refusal[0], refusal[2]);
    // Exactly this type: the original filter takes no other.
    else sendJson(response, 200, { hosts: this.#options.hosts?.(this.#reporterOf(request)) ?? ["*"] });
  }

  /** Whoever may run it may have it: Envoy can send no token with what it fetches. */
  #sendFilter(request: IncomingMessage, response: ServerResponse): void {
    this.#filter ??= (this.#options.filter ?? readShippedFilter)();
    const filter = this.#filter;
    if (request.method !== "GET" && request.method !== "HEAD")
      sendProblem(response, 405, "expected GET", { allow: "GET, HEAD" });
    else if (filter === undefined) sendProblem(response, 404, `bin/${SHIPPED_FILTER_NAME} is not built`);
    else {
      const { bytes, sha256 } = filter;
      response.writeHead(200, {
        "content-type": "application/wasm",
        "content-length": bytes.length,
        etag: `"${sha256}"`,
      });
      response.end(request.method === "GET" ? bytes : undefined);
    }
  }

  #refusal(
    { method, headers }: IncomingMessage,
    wanted: string,
  ): [status: 401 | 403 | 405, reason: LedgerReason, message: string] | undefined {
    if (method !== wanted) return [405, "wrong-method", `expected ${wanted}`];
    // Any web page can make a browser send requests here; exporters are no browsers.
    if (headers.origin !== undefined) return [403, "from-a-web-page", "requests from web pages are refused"];
    if (this.#token === undefined || this.#hasToken(headers)) return undefined;
    return [401, "unauthorized", "a token is needed: X-Trace-Source-Token, or Authorization: Bearer"];
  }

  #hasToken(headers: IncomingMessage["headers"]): boolean {
    const given = Buffer.from(
      String(headers["x-trace-source-token"] ?? headers.authorization?.replace(/^Bearer /i, "") ?? ""),
    );
    const wanted = this.#token!;
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    reason: LedgerReason,
    message: string,
  ): void {
    this.#drop(request, reason);
    // A small body is passed over, so that the connection can be used again; a large one is not read.
    const isPassedOver = request.complete || Number(request.headers["content-length"]) <= SMALL_BODY;
    sendProblem(response, status, message, {
      ...(status === 503 && { "retry-after": "1" }),
      ...(status === 405 && { allow: "POST" }),
      ...(!isPassedOver && { connection: "close" }),
    });
    if (!isPassedOver) response.once("finish", () => request.destroy());
    else if (!request.complete) request.resume();
  }

  #drop(request: IncomingMessage, reason: LedgerReason): void {
    this.#book.settleDropped(reason, 1);
    this.#options.refused?.(this.#reporterOf(request), reason);
  }

  #reporterOf({ socket: { remoteAddress = "unknown" } }: IncomingMessage): string {
    return this.#options.nameReporter?.(remoteAddress) ?? remoteAddress;
  }
}

const SMALL_BODY = 64 * 1024;
const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
const REPORT_PATHS: ReadonlySet<string> = new Set(Object.values(TELEMETRY_FORMATS).map(({ path }) => path));
const ANSWERED_AT_ONCE = 128;
const TAKEN = { "content-length": 0 };

function sendProblem(response: ServerResponse, status: number, message: string, headers = {}): void {
  sendJson(response, status, { message }, headers);
}

/** The headers in one piece: those set one by one are the dearest part of refusing. */
function sendJson(response: ServerResponse, status: number, value: object, headers = {}): void {
  const text = JSON.stringify(value);
  const length = Buffer.byteLength(text);
  response.writeHead(status, { "content-type": "application/json", "content-length": length, ...headers });
  response.end(text);
}
