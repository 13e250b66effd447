import type { Connection, Exchange, Ledger, MemoryBudget, SocketEvent, SocketObserver } from "../../model/index.ts";
import { Analyzer, type AnalyzerOptions } from "../analyzer.ts";
import type { ContentAllowance } from "../content/content-allowance.ts";
import type { ContentDecoder } from "../content/decode-bodies.ts";
import { type Presentation, presentExchange } from "../content/present-exchange.ts";
import type { Explanation } from "../filter/index.ts";
import { redactExplanation } from "../filter/redact-explanation.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import { type Redactor, redactFlow } from "../redaction/index.ts";
import {
  FILTERED,
  FlowPipeline,
  type FlowPipelineOptions,
  NOT_ASKED_FOR,
  type PipelineOutcome,
} from "./flow-pipeline.ts";
import type { Pipeline } from "./pipeline.ts";

export interface ExchangePipelineOptions
  extends FlowPipelineOptions,
    Pick<AnalyzerOptions, "limits" | "detectors" | "observeStream" | "bookName" | "inflation"> {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  /** Undoes content codings: Node's zlib, or what a browser has. */
  readonly decode: ContentDecoder;
  /** Decodes bodies that will be looked at before anything else is done, elsewhere: for where traffic passes. */
  readonly decodeAhead?: DecodeAhead | undefined;
  /** Chooses exchanges beside the filter, before it. */
  readonly selectExchange?: ((exchange: Exchange) => boolean) | undefined;
  /** Bounds what is searched and shown of bodies and messages: for where traffic passes. */
  readonly allowance?: ContentAllowance | undefined;
  /** Absent: nothing is redacted. */
  readonly redactor?: Redactor | undefined;
}

/** Undoes content codings at its own pace, in order. */
export interface DecodeAhead {
  /** Calls `done` once, now or later. */
  submit(exchange: Exchange, done: (exchange: Exchange) => void): void;
  /** Resolves when everything that was submitted so far has been handed on. */
  whenIdle(): Promise<void>;
}

/**
 * The one way from what was seen to where it is shown or written, wherever it comes from:
 *
 *     SocketEvent ─▶ Analyzer ─┐
 *     Exchange, FlowEvent ─────┴▶ decode ▶ filter ▶ redact ▶ outputs
 *
 * It never waits: whoever can pause awaits `flush` now and then.
 */
export class ExchangePipeline extends FlowPipeline implements Pipeline {
  readonly #options: ExchangePipelineOptions;
  readonly #asksForBodies: boolean;
  readonly #looksAtBodies: boolean;
  readonly #presentation: Presentation;
  /** For the filter's eyes only. */
  readonly #unredacted: Presentation;
  #analyzer: Analyzer | undefined;

  constructor(options: ExchangePipelineOptions) {
    const { decode, redactor, filter, outputs } = options;
    super(redactor === undefined ? options : { ...options, redactFlow: (flow) => redactFlow(flow, redactor) });
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#options = options;
    this.#asksForBodies = filter?.looksAtBodies === true;
    const showsBodies = this.#asksForBodies || outputs.some((output) => output.showsBodies === true);
    this.#looksAtBodies = showsBodies || outputs.some((output) => output.looksAtBodies === true);
    this.#presentation = { decode, redactor, limits, showsBodies, allowance: options.allowance };
    this.#unredacted = { decode, redactor: undefined, limits, showsBodies };
  }

  observe(event: SocketEvent): void {
    this.#analysis().observe(event);
  }

  /** Follows a connection of a source that calls back for each. */
  attach(connection: Connection): SocketObserver {
    return this.#analysis().attach(connection);
  }

  finishInput(): void {
    this.#analyzer?.finish();
  }

  exchange(exchange: Exchange): PipelineOutcome {
    this.count();
    if (this.hasEnough) return NOT_ASKED_FOR;
    const { decodeAhead } = this.#options;
    if (decodeAhead === undefined || !this.#looksAtBodies) return this.#take(exchange);
    let outcome: PipelineOutcome = BEING_DECODED;
    decodeAhead.submit(exchange, (decoded) => {
      outcome = this.hasEnough ? NOT_ASKED_FOR : this.#take(decoded, exchange);
    });
    return outcome;
  }

  override async flush(): Promise<void> {
    await this.#options.decodeAhead?.whenIdle();
    await super.flush();
  }

  override async close(deadline: number): Promise<void> {
    this.finishInput();
    await this.#options.decodeAhead?.whenIdle();
    await super.close(deadline);
  }

  /** Who asks for a secret has written it into the filter. */
  protected override redacted(explanation: Explanation): Explanation {
    const { redactor } = this.#options;
    return redactor === undefined ? explanation : redactFilter(redactExplanation(explanation, redactor), redactor);
  }

  /** @param seen as it came, where the other was decoded ahead */
  #take(exchange: Exchange, seen = exchange): PipelineOutcome {
    const { filter, selectExchange } = this.#options;
    if (selectExchange?.(exchange) === false) return FILTERED;
    const readable = this.#asksForBodies ? presentExchange(exchange, this.#unredacted) : exchange;
    const matches = filter === undefined || filter.matches("exchange", readable);
    if (!matches && !this.explains) return FILTERED;
    let presented: Exchange | undefined;
    const present = (): Exchange => {
      presented ??= presentExchange(readable, this.#presentation);
      return presented;
    };
    return this.handOn(
      matches,
      ({ exchanges, redaction }) => {
        if (exchanges === undefined || redaction === undefined) return exchanges?.submit(present());
        if (redaction === "none") return exchanges.submit(seen);
        return exchanges.submit(presentExchange(readable, { ...this.#presentation, redactor: redaction }));
      },
      () => filter!.explain("exchange", readable, present()),
    );
  }

  /** Made when the first event comes: documents need none. */
  #analysis(): Analyzer {
    if (this.#analyzer === undefined) {
      const { ledger, budget, limits, detectors, observeStream, bookName, inflation } = this.#options;
      this.#analyzer = new Analyzer({
        emit: (exchange) => this.exchange(exchange),
        ledger,
        budget,
        inflation,
        ...(limits && { limits }),
        ...(detectors && { detectors }),
        ...(observeStream && { observeStream }),
        ...(bookName !== undefined && { bookName }),
      });
    }
    return this.#analyzer;
  }
}

const BEING_DECODED = "being-decoded";

function redactFilter(explanation: Explanation, redactor: Redactor): Explanation {
  const { text, conditions } = explanation;
  return {
    ...explanation,
    text: redactor.filter(text),
    conditions: conditions.map((one) => redactFilter(one, redactor)),
  };
}
