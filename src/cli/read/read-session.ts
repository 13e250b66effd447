import { Analyzer } from "../../analysis/analyzer.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { type Presentation, presentExchange } from "../../analysis/content/present-exchange.ts";
import { DETECTORS } from "../../analysis/detectors.ts";
import { type Explanation, type Filter, formatExplanation } from "../../analysis/filter/index.ts";
import type { AnalysisLimits } from "../../analysis/limits.ts";
import type { Redactor } from "../../analysis/redaction/index.ts";
import { createTlsDetector } from "../../analysis/tls/tls-detector.ts";
import type { Exchange, FlowEvent, Ledger, MemoryBudget, SocketEvent, SocketObserver } from "../../model/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import type { KeyLog } from "../../wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../../wire/tls/node-tls-crypto.ts";
import type { ExchangeOutput } from "./exchange-output.ts";
import type { TextOutput } from "./text-output.ts";

export interface SessionOptions {
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
  readonly out: TextOutput;
  readonly output: ExchangeOutput;
  /** Called when as many as were wanted have been shown. */
  readonly enough: () => void;
  /** Told of each exchange that matched. */
  readonly matched?: (exchange: Exchange) => void;
}

/**
 * What `tapline read` does with what it reads, whatever file it comes from:
 *
 *     SocketEvent ─▶ Analyzer ─┐
 *     Exchange, FlowEvent ─────┴▶ decode ▶ filter ▶ redact ▶ output
 */
export class ReadSession {
  readonly #options: SessionOptions;
  readonly #analyzer: Analyzer;
  readonly #asksForBodies: boolean;
  readonly #presentation: Presentation;
  #seen = 0;
  #flows = 0;
  #shown = 0;

  constructor(options: SessionOptions) {
    const { ledger, budget, limits, keyLog, secretsMayCome } = options;
    this.#options = options;
    this.#presentation = { decode: decodeContent, redactor: options.redactor };
    this.#asksForBodies = /\.body\b/.test(options.filter?.text ?? "");
    this.#analyzer = new Analyzer({
      emit: (exchange) => this.exchange(exchange),
      ledger,
      budget,
      limits,
      detectors: [createTlsDetector({ ledger, crypto: nodeTlsCrypto, keyLog, secretsMayCome }), ...DETECTORS],
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
    const readable = this.#asksForBodies ? presentExchange(exchange, UNREDACTED) : exchange;
    const matches = filter === undefined || filter.matches("exchange", readable);
    if (matches) matched?.(exchange);
    if (matches || explain) {
      const shown = presentExchange(readable, this.#presentation);
      output.exchange(shown);
      if (explain && filter !== undefined) this.#explain(filter.explain("exchange", readable, shown));
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
    if (explain && filter !== undefined) this.#explain(filter.explain("flow", event));
    if (matches) this.#countShown();
  }

  #explain(explanation: Explanation): void {
    const lines = formatExplanation(explanation, "    ").map((line) => `${escapeControl(line)}\n`);
    this.#options.out.write(lines.join(""));
  }

  #isFull(): boolean {
    return this.#options.count !== undefined && this.#shown >= this.#options.count;
  }

  #countShown(): void {
    this.#shown++;
    if (this.#isFull()) this.#options.enough();
  }
}

/** For the filter's eyes only. */
const UNREDACTED: Presentation = { decode: decodeContent, redactor: undefined };

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
        bytes.settleParsed(size);
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
