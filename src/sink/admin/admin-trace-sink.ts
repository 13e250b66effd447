import type { LedgerBook, MemoryBudget, Submission } from "../../model/index.ts";
import type { OutputSink, TraceSink, TraceSinkHandle } from "../../tap/index.ts";
import { encodeTrace, type TraceFormat, type TraceWrapper } from "../../wire/envoy/index.ts";
import type { DocumentStream } from "./document-stream.ts";

/** Envoy's `streaming_admin`: each trace message goes to the response as it comes. */
export class StreamingAdminSink implements TraceSink {
  readonly #stream: DocumentStream;
  readonly #sink: OutputSink;

  constructor(stream: DocumentStream, sink: OutputSink) {
    this.#stream = stream;
    this.#sink = sink;
  }

  open(): TraceSinkHandle {
    return { submit: (wrapper) => this.#stream.write(() => encode(wrapper, this.#sink)), close() {} };
  }
}

/**
 * Envoy's `buffered_admin`: collects trace messages, then writes them all and ends the response: when there are as many as were
 * asked for, or at the latest after a time.
 */
export class BufferedAdminSink implements TraceSink {
  readonly #stream: DocumentStream;
  readonly #sink: OutputSink;
  readonly #maxTraces: number;
  readonly #finished: () => void;
  readonly #budget: MemoryBudget;
  readonly #book: LedgerBook;
  #lost = 0;
  readonly #timer: NodeJS.Timeout | undefined;
  #collected: Uint8Array[] | undefined = [];

  constructor({ stream, sink, limits, budget, book, finished }: BufferedAdminSinkOptions) {
    this.#budget = budget;
    this.#book = book;
    this.#stream = stream;
    this.#sink = sink;
    this.#maxTraces = limits.maxTraces;
    this.#finished = finished;
    if (limits.timeoutMillis !== undefined) this.#timer = setTimeout(() => this.flush(), limits.timeoutMillis);
  }

  open(): TraceSinkHandle {
    return { submit: (wrapper) => this.#collect(wrapper), close() {} };
  }

  /** Writes what there is and ends. The second call does nothing, whoever comes first: the last trace, the timer, the reader who leaves. */
  flush(): void {
    const collected = this.#collected;
    if (collected === undefined) return;
    this.#collected = undefined;
    clearTimeout(this.#timer);
    this.#stream.finish(collected, this.#lost);
    this.#finished();
  }

  #collect(wrapper: TraceWrapper): Submission {
    if (this.#collected === undefined) return FINISHED;
    const document = encode(wrapper, this.#sink);
    if (!this.#budget.tryReserve(document.length)) {
      this.#book.enter(1);
      this.#book.settleDropped("memory-budget", 1);
      this.#lost++;
      return { dropped: "memory-budget" };
    }
    this.#collected.push(document);
    if (this.#collected.length >= this.#maxTraces) this.flush();
    return "taken";
  }
}

const FINISHED: Submission = { dropped: "finished" };

export interface BufferedAdminSinkOptions {
  readonly stream: DocumentStream;
  readonly sink: OutputSink;
  readonly limits: { readonly maxTraces: number; readonly timeoutMillis?: number };
  /** Charged with what is collected; a trace that it has no room for is lost. */
  readonly budget: MemoryBudget;
  /** Counts what is lost so. */
  readonly book: LedgerBook;
  /** Called once, after the response was ended. */
  readonly finished: () => void;
}

/** The configuration was checked: only formats of traces come this far. */
function encode(wrapper: TraceWrapper, { format, connectionLayout }: OutputSink): Uint8Array {
  return encodeTrace(wrapper, format as TraceFormat, { layout: connectionLayout });
}
