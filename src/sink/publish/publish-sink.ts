import { fixHostName } from "../../analysis/http/telemetry/index.ts";
import { rowOf } from "../../analysis/protocols/index.ts";
import {
  type Exchange,
  type ExchangeSink,
  type Ledger,
  type LedgerBook,
  type LedgerReason,
  type Logger,
  type MemoryBudget,
  type Submission,
  settlesBy,
} from "../../model/index.ts";
import type { ClusterConfig } from "../../source/dial/cluster-config.ts";
import { SparseLog } from "../../source/sparse-log.ts";
import type { TraceExporterConfig } from "../../tap/config/trace-exporter-config.ts";
import { TELEMETRY_FORMATS, type Telemetry, writeTelemetry } from "../../wire/telemetry/index.ts";
import { describeBackend, dialBackend } from "./backend-dial.ts";
import { BackendPool, type BackendResult } from "./backend-pool.ts";
import type { Backoff } from "./backoff.ts";
import { type Delivery, type Report, ReportQueue } from "./report-queue.ts";
import { SamplingManager } from "./sampling-manager.ts";

export interface PublishSinkOptions {
  readonly config: TraceExporterConfig;
  /** Those that the configuration may name. */
  readonly clusters: readonly ClusterConfig[];
  readonly ledger: Ledger;
  /** Charged with what waits; already within the configuration's limit. */
  readonly budget: MemoryBudget;
  readonly logger: Logger;
  /** `lossless` for sources that can wait: see `ReportQueue`. */
  readonly mode: "live" | "lossless";
  /** In [0, 1); default Math.random. */
  readonly random?: () => number;
  readonly backoff?: Backoff;
}

/**
 * Reports each exchange to a backend, as one POST. Book `published`: exchanges, handled when the backend took them (200, 202 or
 * another 2xx).
 */
export class PublishSink implements ExchangeSink {
  readonly #options: PublishSinkOptions;
  readonly #book: LedgerBook;
  readonly #pool: BackendPool;
  readonly #queue: ReportQueue;
  readonly #log: SparseLog;
  readonly #sampling: Sampling | undefined;
  readonly #random: () => number;
  /** All but the request's id, which comes last. */
  readonly #head: string;
  /** Bodies of which not everything was reported. */
  truncated = 0;
  readonly #refusals: { count: number; status: number } = { count: 0, status: 0 };

  constructor(options: PublishSinkOptions) {
    const { config, clusters, ledger, budget, logger, mode, backoff } = options;
    const { maxConnections, timeoutMillis, maxQueued, maxAttempts } = config;
    this.#options = options;
    this.#book = ledger.book("published");
    this.#log = new SparseLog(logger);
    this.#random = options.random ?? Math.random;
    this.#head = reportHead(config);
    this.#pool = new BackendPool({
      dial: dialBackend(config.backend, clusters, logger),
      budget,
      maxConnections,
      timeoutMillis,
    });
    this.#queue = new ReportQueue({
      send: (report, done) => this.#send(report, done),
      book: this.#book,
      budget,
      maxQueued,
      maxUnderWay: maxConnections,
      maxAttempts,
      mode,
      ...(backoff && { backoff }),
      onChange: ({ failing, reason }) => this.#tell(failing, reason),
    });
    this.#sampling = config.sampling && createSampling(options, config.sampling);
  }

  get retries(): number {
    return this.#queue.retries;
  }

  /** Reports that wait or are under way. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Why the backend was given up, or did not take what it was given; undefined while neither is so. */
  get failure(): string | undefined {
    const reason = this.#queue.givenUp;
    if (reason !== undefined) return `${this.#backendName}: ${reason}`;
    const { count, status } = this.#refusals;
    if (count === 0) return undefined;
    return `${this.#backendName}: ${count} ${count === 1 ? "report was" : "reports were"} refused, the last with ${status}`;
  }

  submit(exchange: Exchange): Submission {
    this.#book.enter(1);
    const { config } = this.#options;
    const telemetry = rowOf(exchange).report?.(exchange, config.telemetry);
    const skipped = telemetry === undefined ? "no-report" : this.#findReasonToSkip(telemetry);
    if (telemetry === undefined || skipped !== undefined) {
      this.#book.settleSkipped(skipped!, 1);
      return { dropped: skipped! };
    }
    if (telemetry.request.truncated || telemetry.response.truncated) this.truncated++;
    const text = writeTelemetry(telemetry, config.telemetry.format, toBase64);
    const dropped = this.#queue.add(text, telemetry.requestId);
    if (dropped !== undefined) return { dropped };
    return this.#options.mode === "lossless" && this.#queue.isFull ? "full" : "taken";
  }

  async whenReady(): Promise<void> {
    while (this.#queue.isFull) await this.#queue.whenChanged();
  }

  /** Reports go as soon as they can: only a queue that is full is waited for. */
  async flush(): Promise<void> {
    if (this.#options.mode === "lossless") await this.whenReady();
  }

  async close(deadline: number): Promise<void> {
    this.#sampling?.manager.close();
    const isSent = async () => {
      while (this.#queue.length > 0) await this.#queue.whenChanged();
    };
    await settlesBy(isSent(), deadline);
    this.#queue.close();
    this.#pool.close();
    this.#sampling?.pool.close();
  }

  #findReasonToSkip(telemetry: Telemetry): LedgerReason | undefined {
    const { config } = this.#options;
    const { request, destinationAddress, destinationNamespace } = telemetry;
    const authority = request.headers[0]?.value ?? "";
    if (request.path === config.path && request.method === "POST" && authority === config.authority)
      return "report-itself";
    for (const prefix of config.skipPaths) if (request.path.startsWith(prefix)) return "skip-paths";
    const { compat } = config.telemetry;
    const isAnswered = telemetry.response.statusCode !== "";
    const host = this.#sampling && fixHostName(authority, destinationNamespace, { compat, isAnswered });
    if (host !== undefined && !this.#sampling!.manager.wants(host, portOf(destinationAddress))) return "not-listed";
    return config.sampleRate < 1 && this.#random() >= config.sampleRate ? "sampled-out" : undefined;
  }

  #send({ body, requestId }: Report, done: (delivery: Delivery) => void): void {
    const { path } = this.#options.config;
    const id = /[^\t\x20-\x7e\x80-\xff]/.test(requestId) ? "" : requestId;
    const head = `${this.#head}x-request-id: ${id}\r\n`;
    this.#pool.send({ method: "POST", path, head, body }, (result) => done(this.#judge(result)));
  }

  #judge(result: BackendResult): Delivery {
    if ("reason" in result) return { kind: "unavailable", reason: result.reason };
    const { status, headers } = result;
    if (status >= 200 && status < 300) return TAKEN;
    if (RETRIED.has(status)) {
      const retryAfterMillis = readRetryAfter(headers.get("retry-after"));
      return { kind: "unavailable", reason: `answered-${status}`, ...(retryAfterMillis && { retryAfterMillis }) };
    }
    this.#refusals.count++;
    this.#refusals.status = status;
    this.#log.warn({ backend: this.#backendName, status, ...this.#adviceFor(status) }, "the backend refuses reports");
    return { kind: "refused", reason: `refused-${status}` };
  }

  #adviceFor(status: number): { advice?: string } {
    const { format } = this.#options.config.telemetry;
    if (status === 401 || status === 403) return { advice: "it wants a token: token, or --publish-token" };
    if (status !== 404) return {};
    const { path } = this.#options.config;
    return format === "scn"
      ? { advice: `it has no ${path}: APIClarity takes format: apiclarity (--publish-format apiclarity)` }
      : { advice: `it has no ${path}: others than APIClarity take format: scn` };
  }

  #tell(failing: boolean, reason: string): void {
    const backend = this.#backendName;
    const meanwhile =
      this.#options.mode === "live" ? "they wait, and of too many the oldest are dropped" : "reading waits for it";
    if (failing) this.#log.warn({ backend, reason }, `the backend takes no reports; ${meanwhile}`);
    else this.#options.logger.info({ backend }, "the backend takes reports again");
  }

  get #backendName(): string {
    return describeBackend(this.#options.config.backend, this.#options.clusters);
  }
}

interface Sampling {
  readonly pool: BackendPool;
  readonly manager: SamplingManager;
}

function createSampling(
  { config, clusters, logger, budget }: PublishSinkOptions,
  { backend, path, intervalMillis, traceBeforeFirstList }: NonNullable<TraceExporterConfig["sampling"]>,
): Sampling {
  const dial = dialBackend(backend, clusters, logger);
  const pool = new BackendPool({ dial, budget, maxConnections: 1, timeoutMillis: config.timeoutMillis });
  // The original asks by this name, whatever the format.
  const { authority } = TELEMETRY_FORMATS.apiclarity;
  const { token } = config;
  const manager = new SamplingManager({ pool, path, authority, token, intervalMillis, traceBeforeFirstList, logger });
  return { pool, manager };
}

/** In the original's order (trace-exporter §1.1). */
function reportHead({ authority, natsSubject, token, telemetry }: TraceExporterConfig): string {
  const { contentType } = TELEMETRY_FORMATS[telemetry.format];
  const lines = [
    `host: ${authority}`,
    natsSubject !== "" && `nats-subject: ${natsSubject}`,
    "accept: */*",
    contentType !== undefined && `Content-Type: ${contentType}`,
    token !== undefined && `X-Trace-Source-Token: ${token}`,
  ];
  return lines.map((line) => (line === false ? "" : `${line}\r\n`)).join("");
}

function toBase64(bytes: Uint8Array): string {
  if (bytes.length === 0) return "";
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
}

/** `80` where the address says none. */
function portOf(address: string): string {
  return /:(\d+)$/.exec(address)?.[1] ?? "80";
}

const TAKEN: Delivery = { kind: "taken" };

/** It will take it later. What answers 500 to one report (APIClarity, to requests without a response) does so again. */
const RETRIED: ReadonlySet<number> = new Set([408, 429, 502, 503, 504]);

/** RFC 9110 section 10.2.3: seconds or a date; at most five minutes. */
function readRetryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const millis = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return millis > 0 ? Math.min(millis, MAX_RETRY_AFTER_MILLIS) : undefined;
}

const MAX_RETRY_AFTER_MILLIS = 300_000;
