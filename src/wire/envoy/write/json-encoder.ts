import { formatTimestamp } from "../../../model/index.ts";
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
import { JsonWriter } from "./json-writer.ts";

export interface JsonEncoding {
  /** `bytes`: bodies as base64 (`as_bytes`). `string`: bodies as text (`as_string`), see `writeJsonString` for what is no UTF-8. */
  readonly bodies: "bytes" | "string";
  /** `old` leaves out the defaults of fields that came with or after Envoy 1.28: `seq_num`, `raw_value`, `network_namespace_filepath`. */
  readonly layout: ConnectionLayout;
  /** `omitted` leaves out scalars with their default, but for members of a oneof, and empty lists. */
  readonly defaults: "shown" | "omitted";
}

/**
 * A TraceWrapper as Envoy's JSON: proto3 JSON with the names of the .proto file, defaults of scalars and empty lists shown,
 * unset messages and oneofs left out, 64-bit integers as strings, fields in the order of their declaration, a newline at the end.
 * The bytes are valid until the next call.
 */
export function encodeTraceJson(wrapper: TraceWrapper, encoding: JsonEncoding): Uint8Array {
  json.omitsDefaults = encoding.defaults === "omitted";
  json.openObject();
  const trace = wrapper.trace;
  switch (trace.kind) {
    case "http-buffered":
      writeHttpBuffered(trace, encoding);
      break;
    case "http-streamed":
      writeHttpStreamed(trace, encoding);
      break;
    case "socket-buffered":
      writeSocketBuffered(trace, encoding);
      break;
    case "socket-streamed":
      writeSocketStreamed(trace, encoding);
      break;
  }
  if (wrapper.configuredSampleRate !== undefined) {
    json.openObject("configured_sample_rate");
    json.writeLiteral("numerator", String(wrapper.configuredSampleRate.numerator), "0");
    json.writeLiteral("denominator", `"${wrapper.configuredSampleRate.denominator}"`, '"HUNDRED"');
    json.closeObject();
  }
  json.closeObject();
  return json.lend();
}

const json = new JsonWriter();
const ZERO = '"0"';
const UTF8_ENCODER = new TextEncoder();

function writeSocketBuffered(trace: SocketBufferedTrace, encoding: JsonEncoding): void {
  json.openObject("socket_buffered_trace");
  json.writeLiteral("trace_id", `"${trace.traceId}"`, ZERO);
  writeConnection("connection", trace.connection, encoding);
  writeEvents(trace.events, encoding);
  json.writeLiteral("read_truncated", String(trace.readTruncated), "false");
  json.writeLiteral("write_truncated", String(trace.writeTruncated), "false");
  json.closeObject();
}

function writeSocketStreamed(trace: SocketStreamedTraceSegment, encoding: JsonEncoding): void {
  json.openObject("socket_streamed_trace_segment");
  json.writeLiteral("trace_id", `"${trace.traceId}"`, ZERO);
  const piece = trace.piece;
  if (piece?.kind === "connection") writeConnection("connection", piece.connection, encoding);
  else if (piece?.kind === "event") writeEvent("event", piece.event, encoding);
  else if (piece?.kind === "events") {
    json.openObject("events");
    writeEvents(piece.events, encoding);
    json.closeObject();
  }
  json.closeObject();
}

function writeEvents(events: readonly TraceEvent[], encoding: JsonEncoding): void {
  if (json.omitsDefaults && events.length === 0) return;
  json.openArray("events");
  for (const event of events) writeEvent(undefined, event, encoding);
  json.closeArray();
}

function writeEvent(name: string | undefined, event: TraceEvent, encoding: JsonEncoding): void {
  json.openObject(name);
  if (event.timestamp !== undefined) json.writeLiteral("timestamp", `"${formatTimestamp(event.timestamp)}"`);
  if (event.kind !== "unknown") {
    json.openObject(event.kind);
    if (event.kind !== "closed") writeBody("data", event.data, encoding);
    if (event.kind === "write") json.writeLiteral("end_stream", String(event.endStream === true), "false");
    json.closeObject();
  }
  writeConnection("connection", event.connection, encoding);
  if (encoding.layout === "new" || (event.seqNum ?? 0n) !== 0n)
    json.writeLiteral("seq_num", `"${event.seqNum ?? 0n}"`, ZERO);
  json.closeObject();
}

function writeHttpBuffered(trace: HttpBufferedTrace, encoding: JsonEncoding): void {
  json.openObject("http_buffered_trace");
  writeHttpMessage("request", trace.request, encoding);
  writeHttpMessage("response", trace.response, encoding);
  writeConnection("downstream_connection", trace.downstreamConnection, encoding);
  writeConnection("upstream_connection", trace.upstreamConnection, encoding);
  json.closeObject();
}

function writeHttpMessage(name: string, message: HttpTraceMessage | undefined, encoding: JsonEncoding): void {
  if (message === undefined) return;
  json.openObject(name);
  writeHeaders("headers", message.headers, encoding);
  writeBody("body", message.body, encoding);
  writeHeaders("trailers", message.trailers, encoding);
  if (message.headersReceivedTime !== undefined)
    json.writeLiteral("headers_received_time", `"${formatTimestamp(message.headersReceivedTime)}"`);
  json.closeObject();
}

function writeHttpStreamed(trace: HttpStreamedTraceSegment, encoding: JsonEncoding): void {
  json.openObject("http_streamed_trace_segment");
  json.writeLiteral("trace_id", `"${trace.traceId}"`, ZERO);
  const piece = trace.piece;
  if (piece !== undefined) {
    const name = piece.kind.replaceAll("-", "_");
    if ("body" in piece) writeBody(name, piece.body, encoding);
    else {
      json.openObject(name);
      writeHeaders("headers", piece.headers, encoding);
      json.closeObject();
    }
  }
  json.closeObject();
}

function writeHeaders(name: string, headers: readonly HeaderValue[], encoding: JsonEncoding): void {
  if (json.omitsDefaults && headers.length === 0) return;
  json.openArray(name);
  for (const { key, value, rawValue } of headers) {
    json.openObject();
    json.writeString("key", key, "");
    json.writeString("value", value, "");
    const showsDefault = encoding.layout === "new" && !json.omitsDefaults;
    if (showsDefault || (rawValue !== undefined && rawValue.length > 0))
      json.writeBase64("raw_value", rawValue ?? NO_BYTES);
    json.closeObject();
  }
  json.closeArray();
}

const NO_BYTES = new Uint8Array(0);

function writeBody(name: string, body: TraceBody | undefined, encoding: JsonEncoding): void {
  if (body === undefined) return;
  json.openObject(name);
  const text = body.asString;
  const bytes = body.asBytes ?? (text === undefined ? undefined : UTF8_ENCODER.encode(text));
  if (bytes !== undefined) {
    if (encoding.bodies === "bytes") json.writeBase64("as_bytes", bytes);
    else json.writeUtf8("as_string", bytes);
  }
  json.writeLiteral("truncated", String(body.truncated), "false");
  json.closeObject();
}

function writeConnection(name: string, connection: TraceConnection | undefined, encoding: JsonEncoding): void {
  if (connection === undefined) return;
  json.openObject(name);
  writeAddress("local_address", connection.localAddress, encoding);
  writeAddress("remote_address", connection.remoteAddress, encoding);
  json.closeObject();
}

function writeAddress(name: string, address: TraceAddress | undefined, { layout }: JsonEncoding): void {
  if (address === undefined) return;
  json.openObject(name);
  switch (address.kind) {
    case "socket":
      json.openObject("socket_address");
      json.writeLiteral("protocol", address.protocol === "UDP" ? '"UDP"' : '"TCP"', '"TCP"');
      json.writeString("address", address.address, "");
      if (address.portValue !== undefined) json.writeLiteral("port_value", String(address.portValue));
      else if (address.namedPort !== undefined) json.writeString("named_port", address.namedPort);
      json.writeString("resolver_name", address.resolverName ?? "", "");
      json.writeLiteral("ipv4_compat", String(address.ipv4Compat === true), "false");
      if (layout === "new" || (address.networkNamespaceFilepath ?? "") !== "")
        json.writeString("network_namespace_filepath", address.networkNamespaceFilepath ?? "", "");
      json.closeObject();
      break;
    case "pipe":
      json.openObject("pipe");
      json.writeString("path", address.path, "");
      json.writeLiteral("mode", String(address.mode ?? 0), "0");
      json.closeObject();
      break;
    case "internal":
      json.openObject("envoy_internal_address");
      if (address.serverListenerName !== undefined)
        json.writeString("server_listener_name", address.serverListenerName);
      json.writeString("endpoint_id", address.endpointId ?? "", "");
      json.closeObject();
      break;
    case "none":
      break;
  }
  json.closeObject();
}
