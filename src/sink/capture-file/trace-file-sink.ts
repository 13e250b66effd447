import { CLOSED, type Sink, type Submission } from "../../model/index.ts";
import type { TraceRecord } from "../../wire/envoy/index.ts";
import type { Output } from "./output-file.ts";
import type { TraceTarget } from "./trace-target.ts";

/** Records of traces in one file, in whatever form the target makes of them. Loses nothing: it is full when much waits to be written. */
export class TraceFileSink implements Sink<TraceRecord> {
  readonly #target: TraceTarget;
  readonly #output: Output;
  #records = 0;
  #isClosed = false;

  constructor(target: TraceTarget, output: Output) {
    this.#target = target;
    this.#output = output;
  }

  submit(record: TraceRecord): Submission {
    if (this.#isClosed) return CLOSED;
    this.#target.write(record);
    return ++this.#records < FULL_RECORDS ? "taken" : "full";
  }

  whenReady(): Promise<void> {
    return this.#records < FULL_RECORDS ? Promise.resolve() : this.flush();
  }

  async flush(): Promise<void> {
    this.#records = 0;
    for (const chunk of this.#target.take()) await this.#output.write(chunk);
  }

  /** The file is whole, and gets its name. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#target.endInput();
    await this.flush();
    await this.#output.finish();
  }
}

/** Records that gather before they should be written. */
const FULL_RECORDS = 1000;
