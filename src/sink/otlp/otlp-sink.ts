import { create, toBinary } from "@bufbuild/protobuf";
import { factsOf } from "../../analysis/protocols/index.ts";
import {
  CLOSED,
  type Exchange,
  type ExchangeSink,
  type Ledger,
  type LedgerBook,
  type Logger,
  type MemoryBudget,
  type Statistic,
  type Submission,
  settlesBy,
  TaplineError,
} from "../../model/index.ts";
import { SparseLog } from "../../source/sparse-log.ts";
import {
  ExportTraceServiceRequestSchema,
  ResourceSpansSchema,
} from "../../wire/otlp/gen/opentelemetry/trace/trace_service_pb.js";
import { dialBackend } from "../publish/backend-dial.ts";
import { BackendPool, type BackendResult } from "../publish/backend-pool.ts";
import { type Delivery, type Report, ReportQueue } from "../publish/report-queue.ts";
import { type ExchangeSpan, resourceOf, SCOPE, spanOf } from "./exchange-span.ts";
import { metricsRequest } from "./metrics-request.ts";
import { RequestMeter } from "./request-meter.ts";

export interface OtlpSinkOptions {
  /** `http://HOST:4318` or `https://…`; `/v1/traces` and `/v1/metrics` are added. */
  readonly url: string;
  /** Sent with each request, such as a token. */
  readonly headers?: Readonly<Record<string, string>>;
  /** PEM, for https. */
  readonly tls?: { readonly ca?: Uint8Array; readonly certificate?: Uint8Array; readonly key?: Uint8Array };
  /** Books `otlp-spans`. */
  readonly ledger: Ledger;
  /** Charged with what waits. */
  readonly budget: MemoryBudget;
  readonly logger: Logger;
  /** The process's own figures. */
  readonly statistics?: () => readonly Statistic[];
  /** Between two reports of metrics, in milliseconds. Default 15 000; 0: none. */
  readonly metricsMillis?: number;
}

/** Spans of one request, and milliseconds that they wait for more. */
const BATCH = 512;
const GATHER_MILLIS = 200;
const TIMEOUT_MILLIS = 10_000;
const MAX_QUEUED = 200;
const MAX_ATTEMPTS = 5;
const METRICS_MILLIS = 15_000;

/**
 * Hands exchanges on as spans, and what was measured of them, by OTLP over HTTP in binary protobuf
 * (https://opentelemetry.io/docs/specs/otlp/#otlphttp). A backend that is slow or away holds nothing up: the oldest spans go first, and are counted.
 */
export class OtlpSink implements ExchangeSink {
  readonly #meter = new RequestMeter();
  readonly #options: OtlpSinkOptions;
  readonly #book: LedgerBook;
  readonly #pool: BackendPool;
  readonly #queue: ReportQueue;
  readonly #log: SparseLog;
  readonly #base: string;
  readonly #head: string;
  readonly #started = BigInt(Date.now()) * 1_000_000n;
  readonly #metrics: ReturnType<typeof setInterval> | undefined;
  #spans: ExchangeSpan[] = [];
  #isClosed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @throws TaplineError `usage` for what is no such URL */
  constructor(options: OtlpSinkOptions) {
    const { url: text, ledger, budget, logger, headers = {}, tls, metricsMillis = METRICS_MILLIS } = options;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:\/\//i.test(text) || url.search !== "")
      throw new TaplineError("usage", `--otlp ${text}: expected http://HOST:PORT or https://HOST:PORT`, {
        hint: "OTLP over HTTP has port 4318",
      });
    this.#options = options;
    this.#base = url.pathname.replace(/\/$/, "");
    const lines = { host: url.host, ...headers, "content-type": "application/x-protobuf" };
    this.#head = Object.entries(lines)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join("");
    this.#book = ledger.book("otlp-spans");
    this.#log = new SparseLog(logger);
    const dial = dialBackend({ kind: "url", url: url.origin, ...(tls && { tls }) }, [], logger);
    this.#pool = new BackendPool({ dial, budget, maxConnections: 2, timeoutMillis: TIMEOUT_MILLIS });
    this.#queue = new ReportQueue({
      send: (report, done) => this.#send(report, done),
      book: this.#book,
      budget,
      maxQueued: MAX_QUEUED,
      maxUnderWay: 2,
      maxAttempts: MAX_ATTEMPTS,
      mode: "live",
      onChange: ({ failing, reason }) => {
        if (failing) this.#log.warn({ backend: url.origin, reason }, "the OTLP backend takes nothing; spans wait");
        else logger.info({ backend: url.origin }, "the OTLP backend takes spans again");
      },
    });
    if (metricsMillis > 0) this.#metrics = setInterval(() => this.#sendMetrics(), metricsMillis).unref();
  }

  submit(exchange: Exchange): Submission {
    this.#book.enter(1);
    if (this.#isClosed) {
      this.#book.settleDropped("closed", 1);
      return CLOSED;
    }
    const span = spanOf(exchange);
    if (span === undefined) {
      this.#book.settleSkipped("without-time", 1);
      return { dropped: "without-time" };
    }
    this.#spans.push(span);
    if (this.#spans.length >= BATCH) this.#dispatch();
    else this.#timer ??= setTimeout(() => this.#dispatch(), GATHER_MILLIS);
    return "taken";
  }

  /** Takes a request into the metrics; of several views of one, one alone. */
  measure(exchange: Exchange): void {
    this.#meter.add(exchange, factsOf(exchange));
  }

  async whenReady(): Promise<void> {}

  async flush(): Promise<void> {
    this.#dispatch();
  }

  async close(deadline: number): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#metrics);
    this.#dispatch();
    const isSent = async () => {
      while (this.#queue.length > 0) await this.#queue.whenChanged();
      if (this.#metrics !== undefined) await this.#sendMetrics();
    };
    await settlesBy(isSent(), deadline);
    this.#queue.close();
    this.#pool.close();
  }

  #dispatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const spans = this.#spans;
    if (spans.length === 0) return;
    this.#spans = [];
    const resourceSpans = [...Map.groupBy(spans, ({ service }) => service)].map(([service, of]) =>
      create(ResourceSpansSchema, {
        resource: resourceOf(service),
        scopeSpans: [{ scope: SCOPE, spans: of.map(({ span }) => span) }],
      }),
    );
    const request = create(ExportTraceServiceRequestSchema, { resourceSpans });
    this.#queue.add(asLatin1(toBinary(ExportTraceServiceRequestSchema, request)), "", spans.length);
  }

  #send({ body }: Report, done: (delivery: Delivery) => void): void {
    const path = `${this.#base}/v1/traces`;
    this.#pool.send({ method: "POST", path, head: this.#head, body }, (result) => done(this.#judge(result)));
  }

  #judge(result: BackendResult): Delivery {
    if ("reason" in result) return { kind: "unavailable", reason: result.reason };
    const { status } = result;
    if (status >= 200 && status < 300) return { kind: "taken" };
    if (RETRIED.has(status)) return { kind: "unavailable", reason: `answered-${status}` };
    this.#log.warn({ status }, "the OTLP backend refuses spans");
    return { kind: "refused", reason: `refused-${status}` };
  }

  /** They are cumulative: the next report says what one that is lost has said. */
  #sendMetrics(): Promise<void> {
    const { statistics } = this.#options;
    const { rows } = this.#meter;
    const time = { start: this.#started, now: BigInt(Date.now()) * 1_000_000n };
    const body = asLatin1(metricsRequest(rows, statistics?.() ?? [], time));
    return new Promise((resolve) => {
      this.#pool.send({ method: "POST", path: `${this.#base}/v1/metrics`, head: this.#head, body }, (result) => {
        if ("reason" in result || (result.status >= 300 && result.status !== 404))
          this.#log.warn(
            { reason: "reason" in result ? result.reason : result.status },
            "the OTLP backend takes no metrics",
          );
        resolve();
      });
    });
  }
}

/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRIED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

function asLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
