import { create } from "@bufbuild/protobuf";
import type { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { type Ledger, type LedgerBook, type LedgerReason, TaplineError } from "../../model/index.ts";
import {
  type ExportTraceServiceRequest,
  type ExportTraceServiceResponse,
  ExportTraceServiceResponseSchema,
} from "../../wire/otlp/gen/opentelemetry/trace/trace_service_pb.js";
import type { Collector } from "../server/collector.ts";
import { exchangeOfSpan } from "./span-exchange.ts";

export interface OtlpTracesOptions {
  readonly collector: Collector;
  readonly pipeline: ExchangePipeline;
  /** Books `spans`: handled those that became exchanges, skipped (`not-http`) all others. */
  readonly ledger: Ledger;
}

const KIND = "otlp";

/** Takes the traces of OpenTelemetry: spans of HTTP become exchanges. Answered when they are on disk. */
export class OtlpTraces {
  readonly #options: OtlpTracesOptions;
  readonly #book: LedgerBook;
  #id = 0;

  constructor(options: OtlpTracesOptions) {
    this.#options = options;
    this.#book = options.ledger.book("spans");
  }

  /**
   * @param sender its address
   * @throws TaplineError `limit` where the store takes no more, `output` where it cannot be written: the sender may try again
   */
  async take({ resourceSpans }: ExportTraceServiceRequest, sender: string): Promise<ExportTraceServiceResponse> {
    const { collector } = this.#options;
    let taken = 0;
    let refused: LedgerReason | undefined;
    let rejected = 0;
    for (const { resource, scopeSpans } of resourceSpans)
      for (const { spans } of scopeSpans)
        for (const span of spans) {
          this.#book.enter(1);
          const exchange = exchangeOfSpan(span, resource, ++this.#id);
          if (exchange === undefined) {
            this.#book.settleSkipped("not-http", 1);
            continue;
          }
          const outcome = this.#options.pipeline.exchange(exchange);
          if (outcome === "shown") {
            this.#book.settleHandled(1);
            collector.senders.observe(KIND, sender, exchange);
            taken++;
          } else {
            this.#book.settleDropped(outcome, 1);
            collector.senders.lose(KIND, sender, outcome);
            refused = outcome;
            rejected++;
          }
        }
    await collector.intake.settled();
    collector.senders.count(KIND, sender, taken);
    if (refused !== undefined && taken === 0)
      throw new TaplineError("limit", `the store does not take more at the moment: ${refused}`);
    if (refused === undefined) return create(ExportTraceServiceResponseSchema);
    return create(ExportTraceServiceResponseSchema, {
      partialSuccess: { rejectedSpans: BigInt(rejected), errorMessage: `not taken: ${refused}` },
    });
  }
}
