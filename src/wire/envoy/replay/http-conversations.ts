import type { Direction, LedgerBook, Timestamp, Unsaid } from "../../../model/index.ts";
import { EPOCH } from "../../../model/index.ts";
import { CUT_FIELDS } from "../cut-fields.ts";
import type {
  HeaderValue,
  HttpBufferedTrace,
  HttpStreamedTraceSegment,
  HttpTraceMessage,
  TraceBody,
} from "../trace.ts";
import { type BodyOutlook, type Framing, fieldLines, headerOf, requestHead, responseHead } from "./http1-head.ts";
import { type EventOutput, MappedConnection, toConnection } from "./mapped-connection.ts";

export interface HttpConversationOptions {
  readonly source?: string;
  readonly events: LedgerBook;
  readonly fallbackTime?: Timestamp | (() => Timestamp);
  readonly maxConnections?: number;
}

/** How many streamed HTTP traces are kept apart; the oldest is ended for one more. */
const DEFAULT_MAX_STREAMS = 65_536;

/**
 * Turns HTTP traces into the HTTP/1 conversations that would have carried them, each on a connection of its own.
 *
 * Headers are the trace's, with the pseudo-headers in the request or status line. A body is framed by the content-length or
 * the chunked coding that the headers name; where they name neither, by a content-length when all of it is known and no
 * trailers follow, otherwise in chunks. What the tap cut off a body is a gap. Times are those at which headers were received, else the
 * response's Date, else the fallback: packets need one. The connection's `unsaid` says what of it the trace did not say.
 */
export class HttpConversations {
  readonly #output: EventOutput;
  readonly #options: HttpConversationOptions;
  readonly #streams = new Map<bigint, Stream>();
  #nextId = 0n;

  constructor(output: EventOutput, options: HttpConversationOptions) {
    this.#output = output;
    this.#options = options;
  }

  buffered(trace: HttpBufferedTrace): void {
    const { request, response, downstreamConnection, upstreamConnection } = trace;
    const isUpstream = downstreamConnection === undefined && upstreamConnection !== undefined;
    const start = request?.headersReceivedTime ?? response?.headersReceivedTime ?? this.#dateOf(response?.headers);
    const stream = new Stream(
      this.#output,
      this.#options,
      this.#nextId++,
      isUpstream ? upstreamConnection : downstreamConnection,
      isUpstream,
      start,
      {
        requestTimes: request?.headersReceivedTime === undefined,
        responseTimes: response?.headersReceivedTime === undefined,
      },
    );
    stream.whole("request", request, start);
    stream.whole("response", response, response?.headersReceivedTime ?? start);
    stream.end();
  }

  segment({ traceId, piece }: HttpStreamedTraceSegment): void {
    if (piece === undefined) return;
    let stream = this.#streams.get(traceId);
    if (stream === undefined) {
      if (this.#streams.size >= (this.#options.maxConnections ?? DEFAULT_MAX_STREAMS)) this.#endOldest();
      const start = fallbackTime(this.#options) ?? EPOCH;
      // Only what is read as it comes has a time: that of its coming.
      const isUntimed = typeof this.#options.fallbackTime !== "function";
      const unsaid = { requestTimes: isUntimed, responseTimes: isUntimed };
      stream = new Stream(this.#output, this.#options, traceId, undefined, false, start, unsaid);
      this.#streams.set(traceId, stream);
    }
    const side = piece.kind.startsWith("request") ? "request" : "response";
    if ("body" in piece) stream.chunk(side, piece.body);
    else if (piece.kind.endsWith("headers")) stream.headers(side, piece.headers);
    else stream.trailers(side, piece.headers);
  }

  end(): void {
    for (const stream of this.#streams.values()) stream.end();
    this.#streams.clear();
  }

  #endOldest(): void {
    const [oldest] = this.#streams;
    oldest?.[1].end();
    if (oldest !== undefined) this.#streams.delete(oldest[0]);
  }

  #dateOf(headers: readonly HeaderValue[] | undefined): Timestamp {
    const millis = Date.parse(headerOf(headers ?? [], "date") ?? "");
    return Number.isNaN(millis)
      ? (fallbackTime(this.#options) ?? EPOCH)
      : { seconds: Math.floor(millis / 1000), nanos: 0 };
  }
}

function fallbackTime({ fallbackTime: time }: HttpConversationOptions): Timestamp | undefined {
  return typeof time === "function" ? time() : time;
}

type Side = "request" | "response";

/** One request and its response. */
class Stream {
  readonly #mapped: MappedConnection;
  readonly #events: LedgerBook;
  readonly #isUpstream: boolean;
  readonly #options: HttpConversationOptions;
  readonly #unsaid: Unsaid;
  readonly #sides: Record<Side, MessageState> = { request: newMessage(), response: newMessage() };
  #time: Timestamp;
  #method = "";

  constructor(
    output: EventOutput,
    options: HttpConversationOptions,
    id: bigint,
    connection: HttpBufferedTrace["downstreamConnection"],
    isUpstream: boolean,
    start: Timestamp,
    unsaid: Pick<Unsaid, "requestTimes" | "responseTimes">,
  ) {
    this.#unsaid = { ...unsaid, requestFraming: false, responseFraming: false };
    this.#events = options.events;
    this.#isUpstream = isUpstream;
    this.#options = options;
    this.#time = start;
    const role = isUpstream ? "client" : "server";
    const made = { ...toConnection(id, connection, role, options.source), unsaid: this.#unsaid };
    this.#mapped = new MappedConnection(output, made, start);
  }

  /** A message of which everything is known that the tap recorded. */
  whole(side: Side, message: HttpTraceMessage | undefined, time: Timestamp): void {
    if (message === undefined) return;
    this.#time = time;
    const { headers, body, trailers } = message;
    const length = bytesOf(body).length;
    this.#count(body?.truncated === true);
    const outlook: BodyOutlook = {
      knownLength: length,
      continues: trailers.length > 0 || body?.truncated === true,
    };
    this.#writeHead(side, headers, outlook);
    if (body !== undefined) this.#writeBody(side, body, true);
    if (trailers.length > 0) this.#writeEnd(side, trailers);
  }

  /** The head waits for what follows it: that decides how the body is framed. */
  headers(side: Side, headers: readonly HeaderValue[]): void {
    this.#takeTime();
    this.#count(false);
    if (side === "response") this.#flush("request", false);
    const message = this.#sides[side];
    message.held = headers.map((header) => ({
      ...header,
      ...(header.rawValue && { rawValue: header.rawValue.slice() }),
    }));
  }

  chunk(side: Side, body: TraceBody): void {
    this.#takeTime();
    this.#count(body.truncated);
    if (side === "response") this.#flush("request", false);
    this.#flush(side, true);
    this.#writeBody(side, body, false);
  }

  trailers(side: Side, trailers: readonly HeaderValue[]): void {
    this.#takeTime();
    this.#count(false);
    this.#flush(side, true);
    this.#writeEnd(side, trailers);
  }

  end(): void {
    for (const side of ["request", "response"] as const) {
      this.#flush(side, false);
      this.#writeEnd(side, []);
    }
    this.#mapped.close(this.#time, 0);
  }

  /** A streamed piece has no time of its own. */
  #takeTime(): void {
    this.#time = fallbackTime(this.#options) ?? this.#time;
  }

  #count(truncated: boolean): void {
    this.#events.enter(1);
    if (truncated) this.#events.settleTruncated("by-the-tap", 1);
    else this.#events.settleHandled(1);
  }

  #flush(side: Side, continues: boolean): void {
    const { held } = this.#sides[side];
    if (held === undefined) return;
    this.#sides[side].held = undefined;
    this.#writeHead(side, held, { continues });
  }

  #writeHead(side: Side, headers: readonly HeaderValue[], outlook: BodyOutlook): void {
    if (side === "request") this.#method = headerOf(headers, ":method") ?? "";
    const { head, framing, isFramed } =
      side === "request" ? requestHead(headers, outlook) : responseHead(headers, outlook, this.#method);
    this.#unsaid[side === "request" ? "requestFraming" : "responseFraming"] = isFramed;
    this.#noteCut(headers);
    const message = this.#sides[side];
    message.framing = framing;
    message.expected =
      framing === "length" ? Number(headerOf(headers, "content-length") ?? outlook.knownLength) : Number.NaN;
    this.#write(side, UTF8.encode(head));
  }

  #noteCut(fields: readonly HeaderValue[]): void {
    if (headerOf(fields, CUT_FIELDS.name) !== undefined) this.#unsaid.fields = true;
  }

  /** @param isAll nothing of the body comes later: what is missing up to its length is known then */
  #writeBody(side: Side, body: TraceBody, isAll: boolean): void {
    const message = this.#sides[side];
    const bytes = bytesOf(body);
    const chunked = message.framing === "chunked";
    if (bytes.length > 0) {
      if (chunked) this.#write(side, UTF8.encode(`${bytes.length.toString(16)}\r\n`));
      this.#write(side, bytes);
      if (chunked) this.#write(side, CRLF);
      message.written += bytes.length;
    }
    if (!body.truncated) return;
    const missing = isAll ? message.expected - message.written : 0;
    const size = missing > 0 ? missing : undefined;
    this.#mapped.gap(this.#time, this.#direction(side), size, "truncated");
  }

  #writeEnd(side: Side, trailers: readonly HeaderValue[]): void {
    const message = this.#sides[side];
    if (message.framing !== "chunked" || message.ended) return;
    message.ended = true;
    this.#noteCut(trailers);
    this.#write(side, UTF8.encode(`0\r\n${fieldLines(trailers)}\r\n`));
  }

  #write(side: Side, bytes: Uint8Array): void {
    this.#mapped.data(this.#time, this.#direction(side), bytes, false, false, 0);
  }

  /** A request comes from the remote end of a downstream connection, and goes to that of an upstream one. */
  #direction(side: Side): Direction {
    return (side === "request") === this.#isUpstream ? "write" : "read";
  }
}

interface MessageState {
  /** Headers whose framing is not decided. */
  held: readonly HeaderValue[] | undefined;
  framing: Framing;
  /** The body's length, where that is what frames it. */
  expected: number;
  written: number;
  ended: boolean;
}

function newMessage(): MessageState {
  return { held: undefined, framing: "none", expected: Number.NaN, written: 0, ended: false };
}

function bytesOf(body: TraceBody | undefined): Uint8Array {
  return body?.asBytes ?? (body?.asString === undefined ? NO_BYTES : UTF8.encode(body.asString));
}

const NO_BYTES = new Uint8Array(0);
const CRLF = Uint8Array.of(0x0d, 0x0a);
const UTF8 = new TextEncoder();
