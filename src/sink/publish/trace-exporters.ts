import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { bookFailures, compileFilter, type Filter } from "../../analysis/filter/index.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import {
  deadlineIn,
  type HttpExchange,
  type Ledger,
  type LedgerReason,
  type Logger,
  type MemoryBudget,
} from "../../model/index.ts";
import type { ClusterConfig } from "../../source/dial/cluster-config.ts";
import { fingerprint } from "../../source/dial/fingerprint.ts";
import type { TraceExporterConfig } from "../../tap/config/trace-exporter-config.ts";
import { PacedDecoder } from "../content/paced-decoder.ts";
import { dialBackend } from "./backend-dial.ts";
import { PublishSink } from "./publish-sink.ts";
import { StreamExporter } from "./stream-exporter.ts";
import { TurnBatch } from "./turn-batch.ts";

export interface TraceExportersOptions {
  readonly logger: Logger;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

/**
 * The trace exporters of a process: one for all filters that are configured alike, for as long as a configuration in force has
 * them.
 */
export class TraceExporters {
  readonly #options: TraceExportersOptions;
  readonly #exporters = new Map<string, TraceExporter>();
  readonly #closing = new Set<Promise<void>>();
  #past = { retries: 0, truncated: 0 };
  /** Changes when exporters that were given may have been replaced. */
  generation = 0;
  /** The clusters that backends may be: those of the configuration that is being put in force. */
  clusters: readonly ClusterConfig[] = [];

  constructor(options: TraceExportersOptions) {
    this.#options = options;
  }

  /** The exporter of a filter. It asks and sends nothing before something is to be sent, or `retain` is called. */
  get(config: TraceExporterConfig): TraceExporter {
    const key = this.#keyOf(config);
    let exporter = this.#exporters.get(key);
    if (exporter === undefined) {
      exporter = new TraceExporter(config, this.clusters, this.#options);
      this.#exporters.set(key, exporter);
    }
    return exporter;
  }

  /** These are in force: they begin, and others end when what they have is sent. */
  retain(configs: readonly TraceExporterConfig[]): void {
    this.generation++;
    const kept = new Set(configs.map((config) => this.#keyOf(config)));
    for (const config of configs) this.get(config).start();
    for (const [key, exporter] of this.#exporters) {
      if (kept.has(key)) continue;
      this.#exporters.delete(key);
      this.#end(exporter);
    }
  }

  get retries(): number {
    return this.#sum(({ retries }) => retries) + this.#past.retries;
  }

  get truncated(): number {
    return this.#sum(({ truncated }) => truncated) + this.#past.truncated;
  }

  get queued(): number {
    return this.#sum(({ queued }) => queued);
  }

  /** Sends what waits, for so long at most; what is left then is dropped and counted. */
  async close(millis: number): Promise<void> {
    for (const exporter of this.#exporters.values()) this.#end(exporter, millis);
    this.#exporters.clear();
    await Promise.all(this.#closing);
  }

  #end(exporter: TraceExporter, millis = RELOAD_MILLIS): void {
    const closing = exporter.close(deadlineIn(millis)).finally(() => {
      this.#closing.delete(closing);
      this.#past.retries += exporter.retries;
      this.#past.truncated += exporter.truncated;
    });
    this.#closing.add(closing);
  }

  #sum(read: (exporter: TraceExporter) => number): number {
    let sum = 0;
    for (const exporter of this.#exporters.values()) sum += read(exporter);
    return sum;
  }

  /** A cluster that was changed is another backend. */
  #keyOf(config: TraceExporterConfig): string {
    const { place: _, ...rest } = config;
    const named = [config.backend, config.sampling?.backend].map(
      (backend) => backend?.kind === "cluster" && this.clusters.find(({ name }) => name === backend.name),
    );
    return fingerprint([rest, named]);
  }
}

/** How long an exporter that a new configuration has no more may take to send what it has. */
const RELOAD_MILLIS = 30_000;

/** One exporter: what it is shown of streams goes through filter and redaction to its backend. */
export class TraceExporter {
  readonly #config: TraceExporterConfig;
  readonly #clusters: readonly ClusterConfig[];
  readonly #options: TraceExportersOptions;
  readonly #budget: MemoryBudget;
  readonly #ended: TurnBatch;
  #started: { readonly sink: PublishSink; readonly pipeline: ExchangePipeline } | undefined;
  #isClosed = false;

  /** @throws TaplineError `configuration` where a cluster's TLS configuration is refused */
  constructor(config: TraceExporterConfig, clusters: readonly ClusterConfig[], options: TraceExportersOptions) {
    this.#config = config;
    this.#clusters = clusters;
    this.#options = options;
    this.#budget = options.budget.child(config.maxMemoryBytes);
    this.#ended = new TurnBatch(this.#budget, (exchange) => this.#take(exchange));
    for (const backend of [config.backend, config.sampling?.backend])
      if (backend !== undefined) dialBackend(backend, clusters, options.logger);
  }

  get retries(): number {
    return this.#started?.sink.retries ?? 0;
  }

  get truncated(): number {
    return this.#started?.sink.truncated ?? 0;
  }

  get queued(): number {
    return (this.#started?.sink.queued ?? 0) + this.#ended.length;
  }

  start(): void {
    if (this.#started === undefined && !this.#isClosed) this.#started = this.#create();
  }

  /** A stream began. */
  open(): StreamExporter {
    const { telemetry } = this.#config;
    return new StreamExporter({
      maxBodyBytes: telemetry.bodyMode === "none" ? 0 : telemetry.maxBodyBytes,
      budget: this.#budget,
      submit: (exchange) => this.#ended.add(exchange),
      abandon: (reason) => this.#book(reason),
    });
  }

  async close(deadline: number): Promise<void> {
    this.#ended.handOn();
    this.#isClosed = true;
    await this.#started?.pipeline.close(deadline);
  }

  #take(exchange: HttpExchange): void {
    this.start();
    if (this.#started === undefined) this.#book("closed");
    else this.#started.pipeline.exchange(exchange);
  }

  /** Those that the sink never sees. */
  #book(reason: LedgerReason): void {
    const book = this.#options.ledger.book("published");
    book.enter(1);
    book.settleSkipped(reason, 1);
  }

  #create(): { readonly sink: PublishSink; readonly pipeline: ExchangePipeline } {
    const { ledger, logger } = this.#options;
    const { redaction, filter } = this.#config;
    const budget = this.#budget;
    const sink = new PublishSink({
      config: this.#config,
      clusters: this.#clusters,
      ledger,
      budget,
      logger,
      mode: "live",
    });
    const redactor = redaction && createNodeRedactor({ also: redaction });
    const pipeline = new ExchangePipeline({
      ledger,
      budget,
      decode: decodeContent,
      decodeAhead: new PacedDecoder({ budget, ledger, redactor, share: DECODING_SHARE }),
      filter: filter === undefined ? undefined : this.#compile(filter),
      redactor,
      outputs: [{ exchanges: sink, showsBodies: redactor !== undefined, redaction: redactor ?? "none" }],
    });
    return { sink, pipeline };
  }

  /** The filter, which books what it leaves out: bodies may be decoded first, so that nobody else is told. */
  #compile(text: string): Filter {
    const { ledger, logger } = this.#options;
    const onFailure = bookFailures(ledger, "an exporter's filter", (message) => logger.warn({}, message));
    const filter = compileFilter(text, { onFailure });
    return {
      ...filter,
      matches: (kind, subject) => {
        const matches = filter.matches(kind, subject);
        if (!matches) this.#book("filtered");
        return matches;
      },
    };
  }
}

/** A quarter of a core: bodies whose coding cannot be undone in time are withheld where credentials are taken out. */
const DECODING_SHARE = 0.25;
