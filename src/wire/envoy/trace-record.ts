import { defaultLimits, type LedgerReason, type LimitRows, type LimitsOf, type Place } from "../../model/index.ts";
import type { CaptureTrace } from "./capture-trace.ts";
import type { ConnectionLayout } from "./format.ts";
import type { TraceWrapper } from "./trace.ts";

/**
 * One message of a trace, or a piece of one: a buffered trace or a capture that is larger than the piece size is handed on
 * in several records, so that memory stays bounded. All but the last say `more`; each repeats the id and the connection and
 * has events that the others do not have; what is at the end of the message (`readTruncated`, `writeTruncated`) only the
 * last one knows.
 *
 * Byte values are borrowed: they hold until the handler returns.
 */
export type TraceRecord = WrapperRecord | CaptureRecord;

export interface WrapperRecord {
  readonly kind: "wrapper";
  readonly wrapper: TraceWrapper;
  readonly more: boolean;
  /** The layout of the connections in it; absent where nothing tells. */
  readonly layout?: ConnectionLayout;
}

export interface CaptureRecord {
  readonly kind: "capture";
  readonly capture: CaptureTrace;
  readonly more: boolean;
}

/** A fault of an input, and its place: a byte offset (binary) or line and column in bytes (text, JSON). */
export interface TraceProblem {
  readonly message: string;
  readonly place: Place;
}

/** How a trace is written down, told from its first bytes. */
export type TraceEncoding = "json" | "text" | "length-delimited" | "wrappers" | "capture";

/** Every bound of the readers of Envoy's traces. */
export const TRACE_READER_LIMITS = {
  maxMessageBytes: {
    default: 256 * 1024 * 1024,
    unit: "bytes",
    doc: "one message of an Envoy trace, or an event of one that is handed on in pieces; longer ones are dropped and counted",
  },
  pieceBytes: {
    default: 1024 * 1024,
    unit: "bytes",
    doc: "from this size on a buffered trace or a capture is handed on in pieces",
  },
} as const satisfies LimitRows;

export type TraceReaderLimits = LimitsOf<typeof TRACE_READER_LIMITS>;

export const DEFAULT_TRACE_READER_LIMITS: TraceReaderLimits = defaultLimits(TRACE_READER_LIMITS);

/** Receives the reports of the readers of the encodings; the facade keeps the ledger with it. */
export interface TraceReport {
  record(record: TraceRecord): void;
  /** `bytes` of the input were understood. */
  handled(bytes: number): void;
  /** `bytes` of the input are lost; `problem` is the first of them that the user hears of. */
  dropped(reason: LedgerReason, bytes: number, problem: TraceProblem): void;
  /** Fields nothing is known of. @param first the first of them, where it is known: `socket_buffered_trace.events.x`, `field 99` */
  unknownFields(count: number, first: string | undefined): void;
}

/** One reader of one encoding: bytes in, records out. After `end` nothing comes. */
export interface EncodingReader {
  push(bytes: Uint8Array): void;
  end(): void;
}
