import type { CaptureTrace } from "../capture-trace.ts";
import type { ConnectionLayout, TraceFormat } from "../format.ts";
import type { SocketBufferedTrace, TraceEvent, TraceWrapper } from "../trace.ts";
import type { TraceRecord } from "../trace-record.ts";
import { encodeCaptureTrace, encodeTrace } from "./encode.ts";

/** Envoy's formats, and the two of the capture era. */
export type TraceFileFormat = TraceFormat | "CAPTURE_BINARY" | "CAPTURE_TEXT";

export interface TraceWriterOptions {
  readonly format: TraceFileFormat;
  /** Default: the one that the record had, else `new`. */
  readonly layout?: ConnectionLayout;
  /** The most that is gathered of one message that comes in pieces. Default 256 MiB. */
  readonly maxMessageBytes?: number;
}

/** Why a record could not be written. */
export type WriteRefusal = "not-a-socket-trace" | "too-large";

/**
 * Writes records of traces in another format. A capture becomes a buffered trace where a TraceWrapper is asked for, and the
 * other way round. Messages that come in pieces are put together, but for the capture's formats, whose pieces are whole.
 */
export class TraceWriter {
  readonly #format: TraceFileFormat;
  readonly #layout: ConnectionLayout | undefined;
  readonly #maxMessageBytes: number;
  readonly #pieces: TraceEvent[] = [];
  #pieceBytes = 0;
  #isOpenCapture = false;

  constructor(options: TraceWriterOptions) {
    this.#format = options.format;
    this.#layout = options.layout;
    this.#maxMessageBytes = options.maxMessageBytes ?? DEFAULT_MAX_JOINED_BYTES;
  }

  /** Gives the record's bytes; none when it is a piece that waits for others. */
  write(record: TraceRecord): Uint8Array | WriteRefusal {
    if (this.#format === "CAPTURE_BINARY" || this.#format === "CAPTURE_TEXT")
      return this.#writeCapture(record, this.#format === "CAPTURE_BINARY" ? "PROTO_BINARY" : "PROTO_TEXT");
    const wrapper = record.kind === "capture" ? toWrapper(record.capture) : record.wrapper;
    const layout = this.#layout ?? (record.kind === "wrapper" ? record.layout : undefined) ?? "new";
    if (wrapper.trace.kind === "socket-buffered" && (record.more || this.#pieces.length > 0))
      return this.#join(wrapper, wrapper.trace, record.more, this.#format, layout);
    return encodeTrace(wrapper, this.#format, { layout });
  }

  #join(
    wrapper: TraceWrapper,
    trace: SocketBufferedTrace,
    more: boolean,
    format: TraceFormat,
    layout: ConnectionLayout,
  ): Uint8Array | WriteRefusal {
    for (const event of trace.events) {
      const { data } = event;
      this.#pieceBytes += data?.asBytes?.length ?? data?.asString?.length ?? 0;
      if (this.#pieceBytes > this.#maxMessageBytes) continue;
      this.#pieces.push(
        data?.asBytes === undefined ? event : { ...event, data: { ...data, asBytes: data.asBytes.slice() } },
      );
    }
    if (more) return NOTHING;
    const events = this.#pieces.splice(0);
    const isTooLarge = this.#pieceBytes > this.#maxMessageBytes;
    this.#pieceBytes = 0;
    return isTooLarge ? "too-large" : encodeTrace({ ...wrapper, trace: { ...trace, events } }, format, { layout });
  }

  #writeCapture(record: TraceRecord, format: "PROTO_BINARY" | "PROTO_TEXT"): Uint8Array | WriteRefusal {
    const capture = record.kind === "capture" ? record.capture : toCapture(record.wrapper);
    if (capture === undefined) return "not-a-socket-trace";
    const isContinued = this.#isOpenCapture;
    this.#isOpenCapture = record.more;
    return encodeCaptureTrace(isContinued ? { events: capture.events } : capture, format);
  }
}

const DEFAULT_MAX_JOINED_BYTES = 256 * 1024 * 1024;
const NOTHING = new Uint8Array(0);

function toWrapper({ id, connection, events }: CaptureTrace): TraceWrapper {
  return {
    trace: {
      kind: "socket-buffered",
      traceId: id ?? 0n,
      ...(connection === undefined ? {} : { connection }),
      events: events.map(({ data, ...event }) =>
        event.kind === "unknown" ? event : { ...event, data: { asBytes: data, truncated: false } },
      ),
      readTruncated: false,
      writeTruncated: false,
    },
  };
}

/** A closing event, and what tells of truncation, has no place in a capture. */
function toCapture({ trace }: TraceWrapper): CaptureTrace | undefined {
  if (trace.kind !== "socket-buffered") return undefined;
  return {
    id: trace.traceId,
    ...(trace.connection === undefined ? {} : { connection: trace.connection }),
    events: trace.events.flatMap((event) => {
      if (event.kind === "closed") return [];
      const { kind, timestamp, endStream, data } = event;
      return [
        {
          kind,
          ...(timestamp === undefined ? {} : { timestamp }),
          data: data?.asBytes ?? (data?.asString === undefined ? NOTHING : new TextEncoder().encode(data.asString)),
          ...(endStream === undefined ? {} : { endStream }),
        },
      ];
    }),
  };
}
