import type { Timestamp } from "../../../model/index.ts";
import type { CaptureEvent, CaptureTrace } from "../capture-trace.ts";
import type { ConnectionLayout } from "../format.ts";
import type {
  HeaderValue,
  HttpBufferedTrace,
  HttpStreamedTraceSegment,
  HttpTraceMessage,
  SocketBufferedTrace,
  SocketStreamedTraceSegment,
  TraceAddress,
  TraceBody,
  TraceConnection,
  TraceEvent,
  TraceWrapper,
} from "../trace.ts";
import type { ProtobufWriter } from "./protobuf-writer.ts";

/**
 * Writes a TraceWrapper as protobuf, byte for byte what the C++ and the TypeScript libraries make of it (fields in the
 * order of their numbers). The writer works backwards, so every message is written last field first.
 */
export function writeTraceWrapper(writer: ProtobufWriter, wrapper: TraceWrapper, layout: ConnectionLayout): void {
  if (wrapper.configuredSampleRate !== undefined) {
    const mark = writer.written;
    const { numerator, denominator } = wrapper.configuredSampleRate;
    writer.writeUint(0x10, DENOMINATORS.indexOf(denominator));
    writer.writeUint(0x08, numerator);
    writer.endMessage(mark, 0x2a);
  }
  const mark = writer.written;
  const trace = wrapper.trace;
  switch (trace.kind) {
    case "http-buffered":
      writeHttpBuffered(writer, trace, layout);
      writer.endMessage(mark, 0x0a);
      break;
    case "http-streamed":
      writeHttpStreamed(writer, trace);
      writer.endMessage(mark, 0x12);
      break;
    case "socket-buffered":
      writeSocketBuffered(writer, trace, layout);
      writer.endMessage(mark, 0x1a);
      break;
    case "socket-streamed":
      writeSocketStreamed(writer, trace, layout);
      writer.endMessage(mark, 0x22);
      break;
  }
}

/** Writes a Trace of the capture era; its Connection has the old layout and an id. */
export function writeCaptureTrace(writer: ProtobufWriter, trace: CaptureTrace): void {
  for (let index = trace.events.length - 1; index >= 0; index--) writeCaptureEvent(writer, trace.events[index]!);
  if (trace.connection === undefined && trace.id === undefined) return;
  const mark = writer.written;
  writeAddress(writer, 0x1a, trace.connection?.remoteAddress);
  writeAddress(writer, 0x12, trace.connection?.localAddress);
  writeUint64(writer, 0x08, trace.id ?? 0n);
  writer.endMessage(mark, 0x0a);
}

const DENOMINATORS = ["HUNDRED", "TEN_THOUSAND", "MILLION"];

function writeSocketBuffered(writer: ProtobufWriter, trace: SocketBufferedTrace, layout: ConnectionLayout): void {
  writer.writeBool(0x28, trace.writeTruncated);
  writer.writeBool(0x20, trace.readTruncated);
  for (let index = trace.events.length - 1; index >= 0; index--)
    writeSocketEvent(writer, 0x1a, trace.events[index]!, layout);
  writeConnection(writer, 0x12, trace.connection, layout);
  writeUint64(writer, 0x08, trace.traceId);
}

function writeSocketStreamed(
  writer: ProtobufWriter,
  trace: SocketStreamedTraceSegment,
  layout: ConnectionLayout,
): void {
  const piece = trace.piece;
  if (piece?.kind === "event") writeSocketEvent(writer, 0x1a, piece.event, layout);
  else if (piece?.kind === "connection") writeConnection(writer, 0x12, piece.connection, layout);
  else if (piece?.kind === "events") {
    const mark = writer.written;
    for (let index = piece.events.length - 1; index >= 0; index--)
      writeSocketEvent(writer, 0x0a, piece.events[index]!, layout);
    writer.endMessage(mark, 0x22);
  }
  writeUint64(writer, 0x08, trace.traceId);
}

function writeSocketEvent(writer: ProtobufWriter, tag: number, event: TraceEvent, layout: ConnectionLayout): void {
  const mark = writer.written;
  writeUint64(writer, 0x30, event.seqNum ?? 0n);
  writeConnection(writer, 0x2a, event.connection, layout);
  if (event.kind !== "unknown") {
    const selector = writer.written;
    if (event.kind === "write") writer.writeBool(0x10, event.endStream === true);
    writeBody(writer, 0x0a, event.data);
    writer.endMessage(selector, event.kind === "read" ? 0x12 : event.kind === "write" ? 0x1a : 0x22);
  }
  writeTimestamp(writer, 0x0a, event.timestamp);
  writer.endMessage(mark, tag);
}

function writeCaptureEvent(writer: ProtobufWriter, event: CaptureEvent): void {
  const mark = writer.written;
  if (event.kind !== "unknown") {
    const selector = writer.written;
    if (event.kind === "write") writer.writeBool(0x10, event.endStream === true);
    if (event.data.length > 0) writer.writeBytes(0x0a, event.data);
    writer.endMessage(selector, event.kind === "read" ? 0x12 : 0x1a);
  }
  writeTimestamp(writer, 0x0a, event.timestamp);
  writer.endMessage(mark, 0x12);
}

function writeHttpBuffered(writer: ProtobufWriter, trace: HttpBufferedTrace, layout: ConnectionLayout): void {
  writeConnection(writer, 0x22, trace.upstreamConnection, layout);
  writeConnection(writer, 0x1a, trace.downstreamConnection, layout);
  writeHttpMessage(writer, 0x12, trace.response);
  writeHttpMessage(writer, 0x0a, trace.request);
}

function writeHttpMessage(writer: ProtobufWriter, tag: number, message: HttpTraceMessage | undefined): void {
  if (message === undefined) return;
  const mark = writer.written;
  writeTimestamp(writer, 0x22, message.headersReceivedTime);
  writeHeaders(writer, 0x1a, message.trailers);
  writeBody(writer, 0x12, message.body);
  writeHeaders(writer, 0x0a, message.headers);
  writer.endMessage(mark, tag);
}

const HTTP_PIECE_TAGS = {
  "request-headers": 0x12,
  "request-body-chunk": 0x1a,
  "request-trailers": 0x22,
  "response-headers": 0x2a,
  "response-body-chunk": 0x32,
  "response-trailers": 0x3a,
} as const;

function writeHttpStreamed(writer: ProtobufWriter, trace: HttpStreamedTraceSegment): void {
  const piece = trace.piece;
  if (piece !== undefined) {
    const tag = HTTP_PIECE_TAGS[piece.kind];
    if ("body" in piece) writeBody(writer, tag, piece.body);
    else {
      const mark = writer.written;
      writeHeaders(writer, 0x0a, piece.headers);
      writer.endMessage(mark, tag);
    }
  }
  writeUint64(writer, 0x08, trace.traceId);
}

function writeHeaders(writer: ProtobufWriter, tag: number, headers: readonly HeaderValue[]): void {
  for (let index = headers.length - 1; index >= 0; index--) {
    const { key, value, rawValue } = headers[index]!;
    const mark = writer.written;
    if (rawValue !== undefined && rawValue.length > 0) writer.writeBytes(0x1a, rawValue);
    if (value !== "") writer.writeString(0x12, value);
    if (key !== "") writer.writeString(0x0a, key);
    writer.endMessage(mark, tag);
  }
}

function writeBody(writer: ProtobufWriter, tag: number, body: TraceBody | undefined): void {
  if (body === undefined) return;
  const mark = writer.written;
  writer.writeBool(0x18, body.truncated);
  if (body.asString !== undefined) writer.writeString(0x12, body.asString);
  else if (body.asBytes !== undefined) writer.writeBytes(0x0a, body.asBytes);
  writer.endMessage(mark, tag);
}

function writeConnection(
  writer: ProtobufWriter,
  tag: number,
  connection: TraceConnection | undefined,
  layout: ConnectionLayout,
): void {
  if (connection === undefined) return;
  const mark = writer.written;
  writeAddress(writer, layout === "new" ? 0x12 : 0x1a, connection.remoteAddress);
  writeAddress(writer, layout === "new" ? 0x0a : 0x12, connection.localAddress);
  writer.endMessage(mark, tag);
}

function writeAddress(writer: ProtobufWriter, tag: number, address: TraceAddress | undefined): void {
  if (address === undefined) return;
  const mark = writer.written;
  switch (address.kind) {
    case "socket":
      if (nonEmpty(address.networkNamespaceFilepath)) writer.writeString(0x3a, address.networkNamespaceFilepath!);
      writer.writeBool(0x30, address.ipv4Compat === true);
      if (nonEmpty(address.resolverName)) writer.writeString(0x2a, address.resolverName!);
      if (address.namedPort !== undefined) writer.writeString(0x22, address.namedPort);
      else if (address.portValue !== undefined) {
        writer.writeVarint(address.portValue);
        writer.writeVarint(0x18);
      }
      if (address.address !== "") writer.writeString(0x12, address.address);
      writer.writeUint(0x08, address.protocol === "UDP" ? 1 : 0);
      writer.endMessage(mark, 0x0a);
      break;
    case "pipe":
      writer.writeUint(0x10, address.mode ?? 0);
      if (address.path !== "") writer.writeString(0x0a, address.path);
      writer.endMessage(mark, 0x12);
      break;
    case "internal":
      if (nonEmpty(address.endpointId)) writer.writeString(0x12, address.endpointId!);
      if (address.serverListenerName !== undefined) writer.writeString(0x0a, address.serverListenerName);
      writer.endMessage(mark, 0x1a);
      break;
    case "none":
      break;
  }
  writer.endMessage(mark, tag);
}

function writeTimestamp(writer: ProtobufWriter, tag: number, time: Timestamp | undefined): void {
  if (time === undefined) return;
  const mark = writer.written;
  writer.writeUint(0x10, time.nanos);
  if (time.seconds < 0) {
    writer.writeVarint64(BigInt(time.seconds));
    writer.writeVarint(0x08);
  } else writer.writeUint(0x08, time.seconds);
  writer.endMessage(mark, tag);
}

function writeUint64(writer: ProtobufWriter, tag: number, value: bigint): void {
  if (value === 0n) return;
  writer.writeVarint64(value);
  writer.writeVarint(tag);
}

function nonEmpty(text: string | undefined): boolean {
  return text !== undefined && text !== "";
}
