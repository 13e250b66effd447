import {
  type Connection,
  type Exchange,
  type ExchangeSink,
  type FlowEvent,
  type FlowSink,
  isTaken,
  type Ledger,
  type MemoryBudget,
  type SocketEvent,
  type SocketObserver,
  type Submission,
} from "../../model/index.ts";
import { Analyzer, type AnalyzerOptions } from "../analyzer.ts";
import type { ContentDecoder } from "../content/decode-bodies.ts";
import { type Presentation, presentExchange } from "../content/present-exchange.ts";
import { type Explanation, type Filter, redactExplanation } from "../filter/index.ts";
import { DEFAULT_LIMITS } from "../limits.ts";
import type { Redactor } from "../redaction/index.ts";
import type { Pipeline } from "./pipeline.ts";

/** One output: exchanges and flows go there in the order in which they come. Without a sink for one of them, it has no place there. */
export interface PipelineOutput {
  readonly exchanges?: ExchangeSink;
  /** It shows bodies: what decoding them met is among the problems. */
  readonly showsBodies?: boolean;
  readonly flows?: FlowSink;
  /** Told after each exchange and flow why the filter chose it or not: this output gets those that it did not choose, too. */
  readonly explain?: ((explanation: Explanation) => void) | undefined;
}

export interface ExchangePipelineOptions
  extends Pick<AnalyzerOptions, "limits" | "detectors" | "observeStream" | "bookName"> {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  /** Undoes content codings: Node's zlib, or what a browser has. */
  readonly decode: ContentDecoder;
  /** Decodes bodies that will be looked at before anything else is done, elsewhere: for where traffic passes. */
  readonly decodeAhead?: DecodeAhead | undefined;
  readonly filter?: Filter | undefined;
  /** Chooses flows beside the filter: Cilium's own flags. Counts of lost events pass the filter, as they stand for events that it never saw. */
  readonly selectFlow?: (event: FlowEvent) => boolean;
  /** Absent: nothing is redacted. */
  readonly redactor?: Redactor | undefined;
  readonly outputs: readonly PipelineOutput[];
  /** How many to show at most; by default all. */
  readonly count?: number | undefined;
  /** Called when as many as `count` says have been shown. */
  readonly enough?: () => void;
}

/** Undoes content codings at its own pace, in order. */
export interface DecodeAhead {
  /** Calls `done` once, now or later. */
  submit(exchange: Exchange, done: (exchange: Exchange) => void): void;
  /** Resolves when everything that was submitted so far has been handed on. */
  whenIdle(): Promise<void>;
}

/** Why something did not reach an output, in the ledger's words; `shown` if it did. */
export type PipelineOutcome = string;

/**
 * The one way from what was seen to where it is shown or written, wherever it comes from:
 *
 *     SocketEvent ─▶ Analyzer ─┐
 *     Exchange, FlowEvent ─────┴▶ decode ▶ filter ▶ redact ▶ outputs
 *
 * It never waits: whoever can pause awaits `flush` now and then.
 */
export class ExchangePipeline implements Pipeline {
  readonly #options: ExchangePipelineOptions;
  readonly #asksForBodies: boolean;
  readonly #looksAtBodies: boolean;
  readonly #explains: boolean;
  readonly #presentation: Presentation;
  /** For the filter's eyes only. */
  readonly #unredacted: Presentation;
  #analyzer: Analyzer | undefined;
  #isFull = false;
  #seen = 0;
  #flows = 0;
  #shown = 0;

  constructor(options: ExchangePipelineOptions) {
    const { decode, redactor, filter, outputs } = options;
    const limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#options = options;
    this.#explains = options.outputs.some(({ explain }) => explain !== undefined);
    this.#asksForBodies = [...(filter?.attributes ?? [])].some((name) => /\.body$/.test(name));
    const showsBodies = this.#asksForBodies || outputs.some((output) => output.showsBodies === true);
    this.#looksAtBodies = showsBodies;
    this.#presentation = { decode, redactor, limits, showsBodies };
    this.#unredacted = { decode, redactor: undefined, limits, showsBodies };
  }

  /** An output has taken so much that it should be flushed before more comes. */
  get isFull(): boolean {
    return this.#isFull;
  }

  get seen(): number {
    return this.#seen;
  }

  get shown(): number {
    return this.#shown;
  }

  get unit(): string {
    return this.#flows > 0 && this.#flows === this.#seen ? "flow" : "exchange";
  }

  observe(event: SocketEvent): void {
    this.#analysis.observe(event);
  }

  /** Follows a connection of a source that calls back for each. */
  attach(connection: Connection): SocketObserver {
    return this.#analysis.attach(connection);
  }

  finishInput(): void {
    this.#analyzer?.finish();
  }

  exchange(exchange: Exchange): PipelineOutcome {
    this.#seen++;
    if (this.#hasEnough()) return NOT_ASKED_FOR;
    const { decodeAhead } = this.#options;
    if (decodeAhead === undefined || !this.#looksAtBodies) return this.#take(exchange);
    let outcome: PipelineOutcome = BEING_DECODED;
    decodeAhead.submit(exchange, (decoded) => {
      outcome = this.#hasEnough() ? NOT_ASKED_FOR : this.#take(decoded);
    });
    return outcome;
  }

  #take(exchange: Exchange): PipelineOutcome {
    const { filter } = this.#options;
    const readable = this.#asksForBodies ? presentExchange(exchange, this.#unredacted) : exchange;
    const matches = filter === undefined || filter.matches("exchange", readable);
    if (!matches && !this.#explains) return FILTERED;
    const shown = presentExchange(readable, this.#presentation);
    return this.#handOn(
      matches,
      ({ exchanges }) => exchanges?.submit(shown),
      () => this.#redacted(filter!.explain("exchange", readable, shown)),
    );
  }

  flow(event: FlowEvent): PipelineOutcome {
    this.#seen++;
    this.#flows++;
    if (this.#hasEnough()) return NOT_ASKED_FOR;
    const { filter } = this.#options;
    const matches = this.#selectsFlow(event);
    if (!matches && !this.#explains) return FILTERED;
    return this.#handOn(
      matches,
      ({ flows }) => flows?.submit(event),
      () => this.#redacted(filter!.explain("flow", event)),
    );
  }

  #redacted(explanation: Explanation): Explanation {
    const { redactor } = this.#options;
    return redactor === undefined ? explanation : redactExplanation(explanation, redactor);
  }

  async flush(): Promise<void> {
    this.#isFull = false;
    await this.#options.decodeAhead?.whenIdle();
    await Promise.all(this.#sinks().map((sink) => sink.flush()));
  }

  async close(deadline: number): Promise<void> {
    this.finishInput();
    await this.#options.decodeAhead?.whenIdle();
    await Promise.all(this.#sinks().map((sink) => sink.close(deadline)));
  }

  /** Made when the first event comes: documents need none. */
  get #analysis(): Analyzer {
    if (this.#analyzer === undefined) {
      const { ledger, budget, limits, detectors, observeStream, bookName } = this.#options;
      this.#analyzer = new Analyzer({
        emit: (exchange) => this.exchange(exchange),
        ledger,
        budget,
        ...(limits && { limits }),
        ...(detectors && { detectors }),
        ...(observeStream && { observeStream }),
        ...(bookName !== undefined && { bookName }),
      });
    }
    return this.#analyzer;
  }

  #selectsFlow(event: FlowEvent): boolean {
    const { filter, selectFlow } = this.#options;
    if (selectFlow !== undefined && event.kind === "lost") return true;
    return selectFlow?.(event) !== false && (filter === undefined || filter.matches("flow", event));
  }

  #handOn(
    matches: boolean,
    submit: (output: PipelineOutput) => Submission | undefined,
    explain: () => Explanation,
  ): PipelineOutcome {
    const { outputs, filter } = this.#options;
    let outcome: PipelineOutcome = NO_PLACE;
    for (const output of outputs) {
      if (!matches && output.explain === undefined) continue;
      const submission = submit(output);
      if (submission === "full") this.#isFull = true;
      if (submission !== undefined && outcome !== SHOWN) outcome = isTaken(submission) ? SHOWN : submission.dropped;
      if (filter !== undefined) output.explain?.(this.#redactFilter(explain()));
    }
    if (!matches) return FILTERED;
    this.#shown++;
    if (this.#hasEnough()) this.#options.enough?.();
    return outcome;
  }

  /** Who asks for a secret has written it into the filter. */
  #redactFilter(explanation: Explanation): Explanation {
    const { redactor } = this.#options;
    if (redactor === undefined) return explanation;
    const { text, conditions } = explanation;
    return {
      ...explanation,
      text: redactor.filter(text),
      conditions: conditions.map((one) => this.#redactFilter(one)),
    };
  }

  #sinks() {
    return this.#options.outputs.flatMap(({ exchanges, flows }) =>
      [exchanges, flows].filter((sink) => sink !== undefined),
    );
  }

  #hasEnough(): boolean {
    return this.#options.count !== undefined && this.#shown >= this.#options.count;
  }
}

const SHOWN = "shown";
const FILTERED = "filtered";
const BEING_DECODED = "being-decoded";
const NOT_ASKED_FOR = "not-asked-for";
const NO_PLACE = "no-place-in-output";
