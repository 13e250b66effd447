import { isTaken, type Ledger, type LedgerBook, type Sink, type SocketEvent, TaplineError } from "../../model/index.ts";
import type { Filter } from "../filter/index.ts";
import type { Pipeline } from "./pipeline.ts";

export interface EventPipelineOptions {
  /** Its book `bytes` says how many of the bytes went to the sink. */
  readonly ledger: Ledger;
  readonly filter?: Filter | undefined;
  /** Chooses events beside the filter. */
  readonly select?: (event: SocketEvent) => boolean;
  readonly sink: Sink<SocketEvent>;
  /** How many to show at most; by default all. */
  readonly count?: number | undefined;
  /** Called when as many as `count` says have been shown. */
  readonly enough?: () => void;
}

/** Shows what moved on connections as it is, without the analysis: `filter ▶ sink`. */
export class EventPipeline implements Pipeline {
  readonly unit = "event";
  readonly #options: EventPipelineOptions;
  readonly #bytes: LedgerBook;
  #seen = 0;
  #shown = 0;

  constructor(options: EventPipelineOptions) {
    this.#options = options;
    this.#bytes = options.ledger.book("bytes");
  }

  get seen(): number {
    return this.#seen;
  }

  get shown(): number {
    return this.#shown;
  }

  observe(event: SocketEvent): void {
    const size = event.kind === "data" ? event.data.length : 0;
    this.#bytes.enter(size);
    this.#seen++;
    if (this.#show(event)) this.#bytes.settleHandled(size);
    else if (size > 0) this.#bytes.settleSkipped("not-asked-for", size);
  }

  /** @throws TaplineError `usage`: a file of exchanges has no bytes to show */
  exchange(): never {
    throw new TaplineError("usage", "this file holds exchanges, not what moved on connections", {
      hint: "leave out --events or -z",
    });
  }

  /** @throws TaplineError `usage` */
  flow(): never {
    return this.exchange();
  }

  finishInput(): void {}

  flush(): Promise<void> {
    return this.#options.sink.flush();
  }

  close(deadline: number): Promise<void> {
    return this.#options.sink.close(deadline);
  }

  #show(event: SocketEvent): boolean {
    const { filter, select, sink, count, enough } = this.#options;
    if (select?.(event) === false || filter?.matches("event", event) === false) return false;
    if (count !== undefined && this.#shown >= count) return false;
    if (!isTaken(sink.submit(event))) return false;
    if (++this.#shown === count) enough?.();
    return true;
  }
}
