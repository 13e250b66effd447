import type { LedgerBook, SocketEvent, Timestamp } from "../../../model/index.ts";
import type { SocketStreamedTraceSegment, TraceConnection, TraceEvent } from "../trace.ts";
import type { TraceRecord } from "../trace-record.ts";
import { HttpConversations } from "./http-conversations.ts";
import { type EventOutput, MappedConnection, toConnection, toEndpoint } from "./mapped-connection.ts";

export interface SocketEventMapperOptions {
  /** Names the input in `Connection.source`. */
  readonly source?: string;
  /** The events of the traces: `handled`; skipped as `empty` or `unknown-kind`; truncated as `by-the-tap`. */
  readonly events: LedgerBook;
  /** The bytes that moved. */
  readonly payload: LedgerBook;
  /** The time of what has none (an HTTP trace need not have any), or what tells it when it is asked. Default the epoch. */
  readonly fallbackTime?: Timestamp | (() => Timestamp);
  /** How many connections that have not ended are kept apart; the oldest is closed for one more. Default 65 536. */
  readonly maxConnections?: number;
}

const DEFAULT_MAX_CONNECTIONS = 65_536;

/**
 * Turns records of traces into what happened on connections: socket traces as they are, HTTP traces as the HTTP/1
 * conversation that would have carried them. The data of events is borrowed from the record.
 */
export class SocketEventMapper {
  readonly #output: EventOutput;
  readonly #events: LedgerBook;
  readonly #source: string | undefined;
  readonly #maxConnections: number;
  readonly #http: HttpConversations;
  /** Streamed traces, by their id. */
  readonly #streamed = new Map<bigint, MappedConnection>();
  /** The buffered trace or capture that comes in pieces. */
  #pieces: MappedConnection | undefined;
  /** The last streamed connection that was looked up: most segments are of the same one as those before them. */
  #recentId = -1n;
  #recent: MappedConnection | undefined;

  constructor(handler: (event: SocketEvent) => void, options: SocketEventMapperOptions) {
    this.#output = { handler, payload: options.payload };
    this.#events = options.events;
    this.#source = options.source;
    this.#maxConnections = options.maxConnections ?? DEFAULT_MAX_CONNECTIONS;
    this.#http = new HttpConversations(this.#output, options);
  }

  map(record: TraceRecord): void {
    if (record.kind === "capture") {
      const { capture } = record;
      const mapped = this.#beginPieces(capture.id ?? 0n, capture.connection);
      for (const { kind, timestamp, data, endStream } of capture.events) {
        this.#events.enter(1);
        if (kind === "unknown") this.#events.settleSkipped("unknown-kind", 1);
        else {
          this.#countEvent(data.length, false);
          mapped.data(timestamp, kind, data, false, endStream === true, 0);
        }
      }
      this.#endPieces(record.more);
      return;
    }
    const { trace } = record.wrapper;
    if (trace.kind === "socket-streamed") this.#mapSegment(trace);
    else if (trace.kind === "socket-buffered") {
      const mapped = this.#beginPieces(trace.traceId, trace.connection);
      for (const event of trace.events) this.#mapEvent(mapped, event);
      if (trace.readTruncated && !mapped.gapped.read) mapped.gap(mapped.lastTime, "read", undefined, "truncated");
      if (trace.writeTruncated && !mapped.gapped.write) mapped.gap(mapped.lastTime, "write", undefined, "truncated");
      this.#endPieces(record.more);
    } else if (trace.kind === "http-buffered") this.#http.buffered(trace);
    else this.#http.segment(trace);
  }

  /** Closes what has not ended. */
  end(): void {
    this.#endPieces(false);
    for (const mapped of this.#streamed.values()) mapped.close(undefined, 0);
    this.#streamed.clear();
    this.#recent = undefined;
    this.#http.end();
  }

  #beginPieces(id: bigint, connection: TraceConnection | undefined): MappedConnection {
    this.#pieces ??= new MappedConnection(this.#output, toConnection(id, connection, "unknown", this.#source));
    return this.#pieces;
  }

  #endPieces(more: boolean): void {
    if (more) return;
    this.#pieces?.close(undefined, 0);
    this.#pieces = undefined;
  }

  #mapSegment({ traceId, piece }: SocketStreamedTraceSegment): void {
    if (piece === undefined) return;
    if (piece.kind === "connection") {
      this.#learn(this.#find(traceId), piece.connection);
      return;
    }
    const mapped = this.#find(traceId);
    if (piece.kind === "event") this.#mapEvent(mapped, piece.event);
    else for (const event of piece.events) this.#mapEvent(mapped, event);
    if (!mapped.isClosed) return;
    this.#streamed.delete(traceId);
    this.#recent = undefined;
  }

  #find(traceId: bigint): MappedConnection {
    if (this.#recent !== undefined && this.#recentId === traceId) return this.#recent;
    let mapped = this.#streamed.get(traceId);
    if (mapped === undefined) {
      mapped = new MappedConnection(this.#output, toConnection(traceId, undefined, "unknown", this.#source));
      if (this.#streamed.size >= this.#maxConnections) this.#closeOldest();
      this.#streamed.set(traceId, mapped);
    }
    this.#recentId = traceId;
    this.#recent = mapped;
    return mapped;
  }

  #closeOldest(): void {
    const [oldest] = this.#streamed;
    if (oldest === undefined) return;
    oldest[1].close(undefined, 0);
    this.#streamed.delete(oldest[0]);
  }

  #mapEvent(mapped: MappedConnection, event: TraceEvent): void {
    if (event.connection !== undefined) this.#learn(mapped, event.connection);
    const sequence = event.seqNum === undefined ? 0 : Number(event.seqNum);
    const { kind } = event;
    this.#events.enter(1);
    if (kind === "closed") {
      this.#events.settleHandled(1);
      mapped.close(event.timestamp, sequence);
    } else if (kind === "unknown") this.#events.settleSkipped("unknown-kind", 1);
    else {
      const body = event.data;
      const data = body?.asBytes ?? (body?.asString === undefined ? NO_BYTES : UTF8.encode(body.asString));
      const truncated = body?.truncated === true;
      this.#countEvent(data.length, truncated);
      mapped.data(event.timestamp, kind, data, truncated, event.endStream === true, sequence);
    }
  }

  #countEvent(length: number, truncated: boolean): void {
    if (truncated) this.#events.settleTruncated("by-the-tap", 1);
    else if (length === 0) this.#events.settleSkipped("empty", 1);
    else this.#events.settleHandled(1);
  }

  /** An upstream connection's local address comes after the connection, where it comes at all. */
  #learn({ connection }: MappedConnection, { localAddress, remoteAddress }: TraceConnection): void {
    connection.local ??= toEndpoint(localAddress);
    connection.remote ??= toEndpoint(remoteAddress);
  }
}

const NO_BYTES = new Uint8Array(0);
const UTF8 = new TextEncoder();
