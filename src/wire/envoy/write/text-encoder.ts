import type { Timestamp } from "../../../model/index.ts";
import type {
  CaptureTrace,
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
import { TextWriter } from "./text-writer.ts";

/** A TraceWrapper in protobuf's text format, byte for byte as Envoy writes it. It is the same for both layouts of Connection.
 * The bytes are valid until the next call. */
export function encodeTraceText(wrapper: TraceWrapper): Uint8Array {
  const trace = wrapper.trace;
  switch (trace.kind) {
    case "http-buffered":
      writeHttpBuffered(trace);
      break;
    case "http-streamed":
      writeHttpStreamed(trace);
      break;
    case "socket-buffered":
      writeSocketBuffered(trace);
      break;
    case "socket-streamed":
      writeSocketStreamed(trace);
      break;
  }
  if (wrapper.configuredSampleRate !== undefined) {
    text.openMessage("configured_sample_rate");
    writeInteger("numerator", wrapper.configuredSampleRate.numerator);
    if (wrapper.configuredSampleRate.denominator !== "HUNDRED")
      text.writeLiteral("denominator", wrapper.configuredSampleRate.denominator);
    text.closeMessage();
  }
  return text.lend();
}

/** A Trace of the capture era in protobuf's text format. The bytes are valid until the next call. */
export function encodeCaptureText(trace: CaptureTrace): Uint8Array {
  if (trace.connection !== undefined || trace.id !== undefined) {
    text.openMessage("connection");
    writeUint64("id", trace.id ?? 0n);
    writeAddress("local_address", trace.connection?.localAddress);
    writeAddress("remote_address", trace.connection?.remoteAddress);
    text.closeMessage();
  }
  for (const event of trace.events) {
    text.openMessage("events");
    writeTimestamp("timestamp", event.timestamp);
    if (event.kind !== "unknown") {
      text.openMessage(event.kind);
      if (event.data.length > 0) text.writeBytes("data", event.data);
      if (event.kind === "write") writeFlag("end_stream", event.endStream === true);
      text.closeMessage();
    }
    text.closeMessage();
  }
  return text.lend();
}

const text = new TextWriter();

function writeSocketBuffered(trace: SocketBufferedTrace): void {
  text.openMessage("socket_buffered_trace");
  writeUint64("trace_id", trace.traceId);
  writeConnection("connection", trace.connection);
  for (const event of trace.events) writeEvent("events", event);
  writeFlag("read_truncated", trace.readTruncated);
  writeFlag("write_truncated", trace.writeTruncated);
  text.closeMessage();
}

function writeSocketStreamed(trace: SocketStreamedTraceSegment): void {
  text.openMessage("socket_streamed_trace_segment");
  writeUint64("trace_id", trace.traceId);
  const piece = trace.piece;
  if (piece?.kind === "connection") writeConnection("connection", piece.connection);
  else if (piece?.kind === "event") writeEvent("event", piece.event);
  else if (piece?.kind === "events") {
    text.openMessage("events");
    for (const event of piece.events) writeEvent("events", event);
    text.closeMessage();
  }
  text.closeMessage();
}

function writeEvent(name: string, event: TraceEvent): void {
  text.openMessage(name);
  writeTimestamp("timestamp", event.timestamp);
  if (event.kind !== "unknown") {
    text.openMessage(event.kind);
    writeBody("data", event.data);
    if (event.kind === "write") writeFlag("end_stream", event.endStream === true);
    text.closeMessage();
  }
  writeConnection("connection", event.connection);
  writeUint64("seq_num", event.seqNum ?? 0n);
  text.closeMessage();
}

function writeHttpBuffered(trace: HttpBufferedTrace): void {
  text.openMessage("http_buffered_trace");
  writeHttpMessage("request", trace.request);
  writeHttpMessage("response", trace.response);
  writeConnection("downstream_connection", trace.downstreamConnection);
  writeConnection("upstream_connection", trace.upstreamConnection);
  text.closeMessage();
}

function writeHttpMessage(name: string, message: HttpTraceMessage | undefined): void {
  if (message === undefined) return;
  text.openMessage(name);
  writeHeaders("headers", message.headers);
  writeBody("body", message.body);
  writeHeaders("trailers", message.trailers);
  writeTimestamp("headers_received_time", message.headersReceivedTime);
  text.closeMessage();
}

function writeHttpStreamed(trace: HttpStreamedTraceSegment): void {
  text.openMessage("http_streamed_trace_segment");
  writeUint64("trace_id", trace.traceId);
  const piece = trace.piece;
  if (piece !== undefined) {
    const name = piece.kind.replaceAll("-", "_");
    if ("body" in piece) writeBody(name, piece.body);
    else {
      text.openMessage(name);
      writeHeaders("headers", piece.headers);
      text.closeMessage();
    }
  }
  text.closeMessage();
}

function writeHeaders(name: string, headers: readonly HeaderValue[]): void {
  for (const { key, value, rawValue } of headers) {
    text.openMessage(name);
    if (key !== "") text.writeString("key", key);
    if (value !== "") text.writeString("value", value);
    if (rawValue !== undefined && rawValue.length > 0) text.writeBytes("raw_value", rawValue);
    text.closeMessage();
  }
}

function writeBody(name: string, body: TraceBody | undefined): void {
  if (body === undefined) return;
  text.openMessage(name);
  if (body.asString !== undefined) text.writeString("as_string", body.asString);
  else if (body.asBytes !== undefined) text.writeBytes("as_bytes", body.asBytes);
  writeFlag("truncated", body.truncated);
  text.closeMessage();
}

function writeConnection(name: string, connection: TraceConnection | undefined): void {
  if (connection === undefined) return;
  text.openMessage(name);
  writeAddress("local_address", connection.localAddress);
  writeAddress("remote_address", connection.remoteAddress);
  text.closeMessage();
}

function writeAddress(name: string, address: TraceAddress | undefined): void {
  if (address === undefined) return;
  text.openMessage(name);
  switch (address.kind) {
    case "socket":
      text.openMessage("socket_address");
      if (address.protocol === "UDP") text.writeLiteral("protocol", "UDP");
      writeText("address", address.address);
      if (address.portValue !== undefined) text.writeLiteral("port_value", String(address.portValue));
      else if (address.namedPort !== undefined) text.writeString("named_port", address.namedPort);
      writeText("resolver_name", address.resolverName);
      writeFlag("ipv4_compat", address.ipv4Compat === true);
      writeText("network_namespace_filepath", address.networkNamespaceFilepath);
      text.closeMessage();
      break;
    case "pipe":
      text.openMessage("pipe");
      writeText("path", address.path);
      writeInteger("mode", address.mode ?? 0);
      text.closeMessage();
      break;
    case "internal":
      text.openMessage("envoy_internal_address");
      if (address.serverListenerName !== undefined)
        text.writeString("server_listener_name", address.serverListenerName);
      writeText("endpoint_id", address.endpointId);
      text.closeMessage();
      break;
    case "none":
      break;
  }
  text.closeMessage();
}

function writeTimestamp(name: string, time: Timestamp | undefined): void {
  if (time === undefined) return;
  text.openMessage(name);
  writeInteger("seconds", time.seconds);
  writeInteger("nanos", time.nanos);
  text.closeMessage();
}

function writeText(name: string, value: string | undefined): void {
  if (value !== undefined && value !== "") text.writeString(name, value);
}

function writeInteger(name: string, value: number): void {
  if (value !== 0) text.writeLiteral(name, String(value));
}

function writeUint64(name: string, value: bigint): void {
  if (value !== 0n) text.writeLiteral(name, String(value));
}

function writeFlag(name: string, value: boolean): void {
  if (value) text.writeLiteral(name, "true");
}
