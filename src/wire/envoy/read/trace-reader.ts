import type { LedgerBook } from "../../../model/index.ts";
import {
  DEFAULT_TRACE_READER_LIMITS,
  type EncodingReader,
  type TraceEncoding,
  type TraceProblem,
  type TraceReaderLimits,
  type TraceRecord,
  type TraceReport,
} from "../trace-record.ts";
import { CaptureTraceReader } from "./capture-reader.ts";
import { DETECTION_BYTES, detectEarly, detectTraceEncoding } from "./detect.ts";
import { DocumentReader } from "./document-reader.ts";
import { tellsSomething } from "./tells-something.ts";
import { WrapperReader } from "./wrapper-reader.ts";

export interface TraceReaderOptions {
  readonly limits?: Partial<TraceReaderLimits>;
  /** Bytes of the input: `handled`, or dropped as `cut`, `corrupt`, `too-large`, `unknown-format`. */
  readonly bytes?: LedgerBook;
  /** How the input is written down, when that is known; otherwise its content tells. */
  readonly encoding?: TraceEncoding;
}

/**
 * Reads Envoy's traces in whatever form they are in: bytes in, records out. It never throws; what is wrong with the input is
 * in `problem`, and all that is whole is handed on. Memory is bounded by the limits.
 */
export class TraceReader {
  readonly #handler: (record: TraceRecord) => void;
  readonly #limits: TraceReaderLimits;
  readonly #bytes: LedgerBook | undefined;
  readonly #report: TraceReport;
  #reader: EncodingReader | undefined;
  #prefix = new Uint8Array(0);
  /** The first thing that was wrong. */
  problem: TraceProblem | undefined;
  /** The encoding found in the input; undefined until enough of it has come, and for what is no trace. */
  encoding: TraceEncoding | undefined;
  /** Messages handed on (one in pieces counts once). */
  messages = 0;
  /** Fields that were skipped because nothing is known of them. */
  unknownFields = 0;
  firstUnknownField: string | undefined;
  /** Some field of some message is known. */
  hasRead = false;

  constructor(handler: (record: TraceRecord) => void, options: TraceReaderOptions = {}) {
    this.#handler = handler;
    this.#limits = { ...DEFAULT_TRACE_READER_LIMITS, ...options.limits };
    this.#bytes = options.bytes;
    this.encoding = options.encoding;
    this.#report = {
      record: (record) => {
        if (!record.more) this.messages++;
        this.hasRead ||= tellsSomething(record);
        this.#handler(record);
      },
      handled: (bytes) => this.#bytes?.settleHandled(bytes),
      dropped: (reason, bytes, problem) => {
        if (bytes > 0) this.#bytes?.settleDropped(reason, bytes);
        if (problem.message !== "") this.problem ??= problem;
      },
      unknownFields: (count, first) => {
        this.unknownFields += count;
        this.firstUnknownField ??= first;
      },
    };
  }

  push(bytes: Uint8Array): void {
    this.#bytes?.enter(bytes.length);
    if (this.#reader !== undefined) {
      this.#reader.push(bytes);
      return;
    }
    const prefix = new Uint8Array(this.#prefix.length + bytes.length);
    prefix.set(this.#prefix);
    prefix.set(bytes, this.#prefix.length);
    this.#prefix = prefix;
    this.encoding ??= detectEarly(prefix.subarray(0, DETECTION_BYTES));
    if (this.encoding !== undefined || prefix.length >= DETECTION_BYTES) this.#begin();
  }

  end(): void {
    if (this.#reader === undefined && this.#prefix.length > 0) this.#begin();
    if (this.#reader === undefined) this.problem ??= { message: "the input is empty", place: { offset: 0 } };
    else this.#reader.end();
  }

  #begin(): void {
    const prefix = this.#prefix;
    this.#prefix = new Uint8Array(0);
    this.encoding ??= detectTraceEncoding(prefix.subarray(0, DETECTION_BYTES));
    this.#reader = this.#createReader();
    this.#reader.push(prefix);
  }

  #createReader(): EncodingReader {
    switch (this.encoding) {
      case "json":
      case "text":
        return new DocumentReader(this.#report, this.#limits, this.encoding);
      case "length-delimited":
      case "wrappers":
        return new WrapperReader(this.#report, this.#limits, this.encoding === "length-delimited");
      case "capture":
        return new CaptureTraceReader(this.#report, this.#limits);
      case undefined:
        return new UnknownReader(this.#report);
    }
  }
}

/** Counts what is no trace. */
class UnknownReader implements EncodingReader {
  readonly #report: TraceReport;

  constructor(report: TraceReport) {
    this.#report = report;
  }

  push(bytes: Uint8Array): void {
    const message = "this is no trace of Envoy's (neither JSON, nor text, nor protobuf of a TraceWrapper or a Trace)";
    this.#report.dropped("unknown-format", bytes.length, { message, place: { offset: 0 } });
  }

  end(): void {}
}
