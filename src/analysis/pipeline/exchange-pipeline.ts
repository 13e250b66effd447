import type { Exchange, FlowEvent, Ledger, MemoryBudget, SocketEvent, SocketObserver } from "../../model/index.ts";
import type { KeyLog } from "../../wire/tls/key-log.ts";
import type { TlsCrypto } from "../../wire/tls/tls-crypto.ts";
import { Analyzer } from "../analyzer.ts";
import type { ContentDecoder } from "../content/decode-bodies.ts";
import { type Presentation, presentExchange } from "../content/present-exchange.ts";
import { DETECTORS } from "../detectors.ts";
import type { Explanation, Filter } from "../filter/index.ts";
import type { AnalysisLimits } from "../limits.ts";
import type { Redactor } from "../redaction/index.ts";
import { createTlsDetector } from "../tls/tls-detector.ts";

/** Where exchanges go that are to be shown; they have been redacted. */
export interface ExchangeOutput {
  begin?(): void;
  exchange(exchange: Exchange): void;
  flow(event: FlowEvent): void;
  /** Why the filter chose what was given last, or did not. */
  explain?(explanation: Explanation): void;
  end?(): void;
}

export interface ExchangePipelineOptions {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly limits: Partial<AnalysisLimits>;
  readonly keyLog: KeyLog;
  readonly secretsMayCome: boolean;
  readonly filter?: Filter;
  readonly explain: boolean;
  /** Absent: nothing is redacted. */
  readonly redactor?: Redactor;
  /** How many to show at most. */
  readonly count?: number;
  /** Undoes content codings: Node's zlib, or what a browser has. */
  readonly decode: ContentDecoder;
  readonly tlsCrypto: TlsCrypto;
  readonly output: ExchangeOutput;
  /** Called when as many as were wanted have been shown. */
  readonly enough: () => void;
  /** Told of each exchange that matched. */
  readonly matched?: (exchange: Exchange) => void;
}

/**
 * The one way from what was seen to what is shown, wherever it comes from:
 *
 *     SocketEvent ─▶ Analyzer ─┐
 *     Exchange, FlowEvent ─────┴▶ decode ▶ filter ▶ redact ▶ output
 */
export class ExchangePipeline {
  readonly #options: ExchangePipelineOptions;
  readonly #analyzer: Analyzer;
  readonly #asksForBodies: boolean;
  readonly #presentation: Presentation;
  /** For the filter's eyes only. */
  readonly #unredacted: Presentation;
  #seen = 0;
  #flows = 0;
  #shown = 0;

  constructor(options: ExchangePipelineOptions) {
    const { ledger, budget, limits, keyLog, secretsMayCome, decode, redactor, tlsCrypto: crypto } = options;
    this.#options = options;
    this.#presentation = { decode, redactor };
    this.#unredacted = { decode, redactor: undefined };
    this.#asksForBodies = /\.body\b/.test(options.filter?.text ?? "");
    this.#analyzer = new Analyzer({
      emit: (exchange) => this.exchange(exchange),
      ledger,
      budget,
      limits,
      detectors: [createTlsDetector({ ledger, crypto, keyLog, secretsMayCome }), ...DETECTORS],
    });
  }

  /** How many exchanges and flows there were, and how many of them were shown. */
  get seen(): number {
    return this.#seen;
  }

  get shown(): number {
    return this.#shown;
  }

  /** What they were. */
  get unit(): string {
    return this.#flows > 0 && this.#flows === this.#seen ? "flow" : "exchange";
  }

  observe(event: SocketEvent): void {
    this.#analyzer.observe(event);
  }

  /** A file is over: what is still open will not go on. */
  finishInput(): void {
    this.#analyzer.finish();
  }

  exchange(exchange: Exchange): void {
    this.#seen++;
    if (this.#isFull()) return;
    const { filter, explain, output, matched } = this.#options;
    const readable = this.#asksForBodies ? presentExchange(exchange, this.#unredacted) : exchange;
    const matches = filter === undefined || filter.matches("exchange", readable);
    if (matches) matched?.(exchange);
    if (matches || explain) {
      const shown = presentExchange(readable, this.#presentation);
      output.exchange(shown);
      if (explain && filter !== undefined) output.explain?.(filter.explain("exchange", readable, shown));
    }
    if (matches) this.#countShown();
  }

  flow(event: FlowEvent): void {
    this.#seen++;
    this.#flows++;
    if (this.#isFull()) return;
    const { filter, explain, output } = this.#options;
    const matches = filter === undefined || filter.matches("flow", event);
    if (matches || explain) output.flow(event);
    if (explain && filter !== undefined) output.explain?.(filter.explain("flow", event));
    if (matches) this.#countShown();
  }

  #isFull(): boolean {
    return this.#options.count !== undefined && this.#shown >= this.#options.count;
  }

  #countShown(): void {
    this.#shown++;
    if (this.#isFull()) this.#options.enough();
  }
}

/** What of an event was looked at, in a book of the ledger: for views that do without the analysis. */
export function accountFor(
  ledger: Ledger,
  show: (event: SocketEvent) => boolean,
): SocketObserver & { readonly seen: number; readonly shown: number } {
  const bytes = ledger.book("bytes");
  const counts = { seen: 0, shown: 0 };
  return {
    observe(event) {
      const size = event.kind === "data" ? event.data.length : 0;
      bytes.enter(size);
      counts.seen++;
      if (show(event)) {
        counts.shown++;
        bytes.settleHandled(size);
      } else if (size > 0) bytes.settleSkipped("not-asked-for", size);
    },
    get seen() {
      return counts.seen;
    },
    get shown() {
      return counts.shown;
    },
  };
}
