import {
  type ExchangeSink,
  type FlowEvent,
  type FlowSink,
  isTaken,
  type LedgerReason,
  type Submission,
} from "../../model/index.ts";
import type { Explanation, Filter } from "../filter/index.ts";
import type { Redactor } from "../redaction/index.ts";

/** One output: exchanges and flows go there in the order in which they come. Without a sink for one of them, it has no place there. */
export interface PipelineOutput {
  readonly exchanges?: ExchangeSink;
  /** It shows bodies: what decoding them met is among the problems. */
  readonly showsBodies?: boolean;
  /** It shows something that bodies tell: they are decoded before, where that is done elsewhere. */
  readonly looksAtBodies?: boolean;
  /**
   * How exchanges are redacted for it, where that is not as for the others: by another redactor, or not at all (`none`: they come as
   * they were seen, bodies in their content codings).
   */
  readonly redaction?: Redactor | "none";
  readonly flows?: FlowSink;
  /** Told after each exchange and flow why the filter chose it or not: this output gets those that it did not choose, too. */
  readonly explain?: ((explanation: Explanation) => void) | undefined;
}

export interface FlowPipelineOptions {
  readonly filter?: Filter | undefined;
  /** Chooses flows beside the filter: Cilium's own flags. Counts of lost events pass the filter, as they stand for events that it never saw. */
  readonly selectFlow?: (event: FlowEvent) => boolean;
  /** Takes secrets out of a flow before outputs get it; absent: they get it as it is. */
  readonly redactFlow?: ((event: FlowEvent) => FlowEvent) | undefined;
  readonly outputs: readonly PipelineOutput[];
  /** How many to show at most; by default all. */
  readonly count?: number | undefined;
  /** Called when as many as `count` says have been shown. */
  readonly enough?: () => void;
}

/** Why something did not reach an output, in the ledger's words; `shown` if it did. */
export type PipelineOutcome = LedgerReason | "shown";

/**
 * The end of the pipeline, and all of it for flows: `filter ▶ outputs`. The analysis is not loaded for it.
 */
export class FlowPipeline {
  readonly #options: FlowPipelineOptions;
  readonly #explains: boolean;
  #isFull = false;
  #seen = 0;
  #flows = 0;
  #shown = 0;

  constructor(options: FlowPipelineOptions) {
    this.#options = options;
    this.#explains = options.outputs.some(({ explain }) => explain !== undefined);
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

  flow(event: FlowEvent): PipelineOutcome {
    this.count();
    this.#flows++;
    if (this.hasEnough) return NOT_ASKED_FOR;
    const matches = this.#selects(event);
    if (!matches && !this.explains) return FILTERED;
    const shown = this.#options.redactFlow?.(event) ?? event;
    return this.handOn(
      matches,
      ({ flows }) => flows?.submit(shown),
      () => this.#options.filter!.explain("flow", event),
    );
  }

  /** Resolves when the outputs have room again. */
  async whenReady(): Promise<void> {
    this.#isFull = false;
    await Promise.all(this.#sinks().map((sink) => sink.whenReady()));
  }

  /** Hands on what has gathered; resolves when the outputs have room again. */
  async flush(): Promise<void> {
    this.#isFull = false;
    await Promise.all(this.#sinks().map((sink) => sink.flush()));
  }

  /** @param deadline see `Sink.close` */
  async close(deadline: number): Promise<void> {
    await Promise.all(this.#sinks().map((sink) => sink.close(deadline)));
  }

  protected count(): void {
    this.#seen++;
  }

  protected get hasEnough(): boolean {
    return this.#options.count !== undefined && this.#shown >= this.#options.count;
  }

  /** Outputs ask for what does not match, too. */
  protected get explains(): boolean {
    return this.#explains;
  }

  /** Hides in an explanation what must not be shown. */
  protected redacted(explanation: Explanation): Explanation {
    return explanation;
  }

  protected handOn(
    matches: boolean,
    submit: (output: PipelineOutput) => Submission | undefined,
    explain: () => Explanation,
  ): PipelineOutcome {
    const { outputs, filter, enough } = this.#options;
    let outcome: PipelineOutcome = NO_PLACE;
    for (const output of outputs) {
      if (!matches && output.explain === undefined) continue;
      const submission = submit(output);
      if (submission === "full") this.#isFull = true;
      if (submission !== undefined && outcome !== SHOWN) outcome = isTaken(submission) ? SHOWN : submission.dropped;
      if (filter !== undefined) output.explain?.(this.redacted(explain()));
    }
    if (!matches) return FILTERED;
    // No output has a place for its kind: nobody sees it.
    if (outcome === NO_PLACE && outputs.length > 0) return NO_PLACE;
    this.#shown++;
    if (this.hasEnough) enough?.();
    return outcome;
  }

  #selects(event: FlowEvent): boolean {
    const { filter, selectFlow } = this.#options;
    if (selectFlow !== undefined && event.kind === "lost") return true;
    return selectFlow?.(event) !== false && (filter === undefined || filter.matches("flow", event));
  }

  #sinks() {
    return this.#options.outputs.flatMap(({ exchanges, flows }) =>
      [exchanges, flows].filter((sink) => sink !== undefined),
    );
  }
}

export const SHOWN = "shown";
export const FILTERED = "filtered";
export const NOT_ASKED_FOR = "not-asked-for";
const NO_PLACE = "no-place-in-output";
