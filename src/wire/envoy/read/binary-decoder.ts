import type { Timestamp } from "../../../model/index.ts";
import type { CaptureEvent } from "../capture-trace.ts";
import type { ConnectionLayout } from "../format.ts";
import { isTimestamp } from "../scalar-values.ts";
import type {
  FractionalPercent,
  HeaderValue,
  HttpBufferedTrace,
  HttpStreamedTraceSegment,
  HttpTraceMessage,
  HttpTracePiece,
  SocketStreamedTraceSegment,
  TraceBody,
  TraceConnection,
  TraceEvent,
  TraceWrapper,
} from "../trace.ts";
import { decodeConnection } from "./address-decoder.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The parts of a wrapper, gathered field by field. */
export interface WrapperDraft {
  trace: TraceWrapper["trace"] | undefined;
  configuredSampleRate: FractionalPercent | undefined;
  /** The layout of the connections in it; undefined when it has none. */
  layout: ConnectionLayout | undefined;
}

/** A socket_buffered_trace in the making: it may come in parts. */
export interface SocketBufferedDraft {
  traceId: bigint;
  connection: TraceConnection | undefined;
  layout: ConnectionLayout | undefined;
  events: TraceEvent[];
  readTruncated: boolean;
  writeTruncated: boolean;
}

/** Reads the fields of a TraceWrapper up to the reader's end. Byte values are views. Faults are the reader's. */
export function decodeTraceWrapper(reader: ProtobufReader): WrapperDraft {
  const draft: WrapperDraft = { trace: undefined, configuredSampleRate: undefined, layout: undefined };
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) decodeWrapperField(reader, tag, draft);
  return draft;
}

export function decodeWrapperField(reader: ProtobufReader, tag: number, draft: WrapperDraft): void {
  if (tag === 0x22) draft.trace = decodeSocketStreamed(reader, draft);
  else if (tag === 0x1a) {
    const buffered = newSocketBufferedDraft();
    const outer = reader.enter();
    for (let field = reader.readTag(); field !== 0; field = reader.readTag())
      decodeSocketBufferedField(reader, field, buffered);
    reader.leave(outer);
    draft.layout = buffered.layout;
    draft.trace = finishSocketBuffered(buffered);
  } else if (tag === 0x0a) draft.trace = decodeHttpBuffered(reader, draft);
  else if (tag === 0x12) draft.trace = decodeHttpStreamed(reader);
  else if (tag === 0x2a) draft.configuredSampleRate = decodePercent(reader);
  else reader.skip(tag);
}

export function newSocketBufferedDraft(): SocketBufferedDraft {
  return {
    traceId: 0n,
    connection: undefined,
    layout: undefined,
    events: [],
    readTruncated: false,
    writeTruncated: false,
  };
}

export function decodeSocketBufferedField(reader: ProtobufReader, tag: number, draft: SocketBufferedDraft): void {
  if (tag === 0x1a) draft.events.push(decodeSocketEvent(reader, draft));
  else if (tag === 0x08) draft.traceId = reader.readVarint64();
  else if (tag === 0x12) draft.connection = decodeLaidOut(reader, draft);
  else if (tag === 0x20) draft.readTruncated = reader.readBool();
  else if (tag === 0x28) draft.writeTruncated = reader.readBool();
  else reader.skip(tag);
}

export function finishSocketBuffered(draft: SocketBufferedDraft): TraceWrapper["trace"] {
  const { traceId, connection, events, readTruncated, writeTruncated } = draft;
  return {
    kind: "socket-buffered",
    traceId,
    ...(connection === undefined ? {} : { connection }),
    events,
    readTruncated,
    writeTruncated,
  };
}

/** An event of the capture era. */
export function decodeCaptureEvent(reader: ProtobufReader): CaptureEvent {
  const event: Mutable<CaptureEvent> = { kind: "unknown", data: NO_BYTES };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) event.timestamp = decodeTimestamp(reader);
    else if (tag === 0x12 || tag === 0x1a) {
      event.kind = tag === 0x12 ? "read" : "write";
      const selector = reader.enter();
      for (let field = reader.readTag(); field !== 0; field = reader.readTag()) {
        if (field === 0x0a) event.data = reader.readBytes();
        else if (field === 0x10 && tag === 0x1a) event.endStream = reader.readBool();
        else reader.skip(field);
      }
      reader.leave(selector);
    } else reader.skip(tag);
  }
  reader.leave(outer);
  return event;
}

const NO_BYTES = new Uint8Array(0);

interface LaidOut {
  layout: ConnectionLayout | undefined;
}

function decodeLaidOut(reader: ProtobufReader, draft: LaidOut): TraceConnection {
  const { connection, layout } = decodeConnection(reader);
  if (draft.layout !== "old") draft.layout = layout;
  return connection;
}

function decodeSocketStreamed(reader: ProtobufReader, draft: LaidOut): SocketStreamedTraceSegment {
  const segment: Mutable<SocketStreamedTraceSegment> = { kind: "socket-streamed", traceId: 0n };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x08) segment.traceId = reader.readVarint64();
    else if (tag === 0x1a) segment.piece = { kind: "event", event: decodeSocketEvent(reader, draft) };
    else if (tag === 0x12) segment.piece = { kind: "connection", connection: decodeLaidOut(reader, draft) };
    else if (tag === 0x22) segment.piece = { kind: "events", events: decodeSocketEvents(reader, draft) };
    else reader.skip(tag);
  }
  reader.leave(outer);
  return segment;
}

function decodeSocketEvents(reader: ProtobufReader, draft: LaidOut): TraceEvent[] {
  const events: TraceEvent[] = [];
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) events.push(decodeSocketEvent(reader, draft));
    else reader.skip(tag);
  }
  reader.leave(outer);
  return events;
}

function decodeSocketEvent(reader: ProtobufReader, draft: LaidOut): TraceEvent {
  const event: Mutable<TraceEvent> = { kind: "unknown" };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) event.timestamp = decodeTimestamp(reader);
    else if (tag === 0x12 || tag === 0x1a) {
      event.kind = tag === 0x12 ? "read" : "write";
      const selector = reader.enter();
      for (let field = reader.readTag(); field !== 0; field = reader.readTag()) {
        if (field === 0x0a) event.data = decodeBody(reader);
        else if (field === 0x10 && tag === 0x1a) event.endStream = reader.readBool();
        else reader.skip(field);
      }
      reader.leave(selector);
    } else if (tag === 0x22) {
      event.kind = "closed";
      reader.readBytes();
    } else if (tag === 0x30) event.seqNum = reader.readVarint64();
    else if (tag === 0x2a) event.connection = decodeLaidOut(reader, draft);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return event;
}

function decodeHttpBuffered(reader: ProtobufReader, draft: LaidOut): HttpBufferedTrace {
  const trace: Mutable<HttpBufferedTrace> = { kind: "http-buffered" };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) trace.request = decodeHttpMessage(reader);
    else if (tag === 0x12) trace.response = decodeHttpMessage(reader);
    else if (tag === 0x1a) trace.downstreamConnection = decodeLaidOut(reader, draft);
    else if (tag === 0x22) trace.upstreamConnection = decodeLaidOut(reader, draft);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return trace;
}

function decodeHttpMessage(reader: ProtobufReader): HttpTraceMessage {
  const message: Mutable<HttpTraceMessage> = { headers: [], trailers: [] };
  const headers: HeaderValue[] = [];
  const trailers: HeaderValue[] = [];
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) headers.push(decodeHeader(reader));
    else if (tag === 0x12) message.body = decodeBody(reader);
    else if (tag === 0x1a) trailers.push(decodeHeader(reader));
    else if (tag === 0x22) message.headersReceivedTime = decodeTimestamp(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  message.headers = headers;
  message.trailers = trailers;
  return message;
}

function decodeHttpStreamed(reader: ProtobufReader): HttpStreamedTraceSegment {
  const segment: Mutable<HttpStreamedTraceSegment> = { kind: "http-streamed", traceId: 0n };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x08) segment.traceId = reader.readVarint64();
    else if (tag === 0x12) segment.piece = { kind: "request-headers", headers: decodeHeaderMap(reader) };
    else if (tag === 0x1a) segment.piece = { kind: "request-body-chunk", body: decodeBody(reader) };
    else if (tag === 0x22) segment.piece = { kind: "request-trailers", headers: decodeHeaderMap(reader) };
    else if (tag === 0x2a) segment.piece = { kind: "response-headers", headers: decodeHeaderMap(reader) };
    else if (tag === 0x32) segment.piece = { kind: "response-body-chunk", body: decodeBody(reader) };
    else if (tag === 0x3a) segment.piece = { kind: "response-trailers", headers: decodeHeaderMap(reader) };
    else reader.skip(tag);
  }
  reader.leave(outer);
  return segment satisfies { piece?: HttpTracePiece };
}

function decodeHeaderMap(reader: ProtobufReader): HeaderValue[] {
  const headers: HeaderValue[] = [];
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) headers.push(decodeHeader(reader));
    else reader.skip(tag);
  }
  reader.leave(outer);
  return headers;
}

function decodeHeader(reader: ProtobufReader): HeaderValue {
  const header: Mutable<HeaderValue> = { key: "", value: "" };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) header.key = reader.readString();
    else if (tag === 0x12) header.value = reader.readString();
    else if (tag === 0x1a) header.rawValue = reader.readBytes();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return header;
}

function decodeBody(reader: ProtobufReader): TraceBody {
  const body: Mutable<TraceBody> = { truncated: false };
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x0a) {
      body.asBytes = reader.readBytes();
      delete body.asString;
    } else if (tag === 0x12) {
      body.asString = reader.readString();
      delete body.asBytes;
    } else if (tag === 0x18) body.truncated = reader.readBool();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return body;
}

function decodeTimestamp(reader: ProtobufReader): Timestamp {
  let seconds = 0;
  let nanos = 0;
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x08) seconds = reader.readInt64();
    else if (tag === 0x10) nanos = reader.readInt64();
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (!isTimestamp(seconds, nanos)) reader.fail("a time is outside of the years 1 to 9999");
  return { seconds, nanos };
}

function decodePercent(reader: ProtobufReader): FractionalPercent {
  let numerator = 0;
  let denominator = 0;
  const outer = reader.enter();
  for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) {
    if (tag === 0x08) numerator = reader.readVarint();
    else if (tag === 0x10) denominator = reader.readVarint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { numerator, denominator: denominator === 1 ? "TEN_THOUSAND" : denominator === 2 ? "MILLION" : "HUNDRED" };
}
