import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import { FORMATS } from "../../wire/formats.ts";
import { readCustomSink } from "./read-custom-sink.ts";
import { readFileDestination } from "./read-file-destination.ts";
import { readGrpcDestination } from "./read-grpc-destination.ts";
import {
  DEFAULT_MAX_BUFFERED_BYTES,
  type OutputConfig,
  type OutputSink,
  type SinkDestination,
  type SinkFormat,
} from "./tap-config.ts";
import type { TapSite } from "./tap-site.ts";

const OUTPUT_CONFIG = {
  name: "OutputConfig",
  fields: ["sinks", "max_buffered_rx_bytes", "max_buffered_tx_bytes", "streaming", "min_streamed_sent_bytes"],
} as const satisfies MessageShape<string>;

const SINK_KINDS = ["streaming_admin", "file_per_tap", "streaming_grpc", "buffered_admin", "custom_sink"] as const;

const OUTPUT_SINK = {
  name: "OutputSink",
  // `connection_layout` is ours.
  fields: ["format", "connection_layout", ...SINK_KINDS],
} as const satisfies MessageShape<string>;

const STREAMING_ADMIN = { name: "StreamingAdminSink", fields: [] } as const satisfies MessageShape<string>;
const BUFFERED_ADMIN = {
  name: "BufferedAdminSink",
  fields: ["max_traces", "timeout"],
} as const satisfies MessageShape<string>;
/** Their numbers and names, as in a configuration. */
const SINK_FORMATS = Object.fromEntries(
  FORMATS.flatMap(({ tap }) => (tap === undefined ? [] : [[tap.number, tap.name as SinkFormat]])),
);

/** Reads `OutputConfig`. Throws TaplineError (`configuration`) with Envoy's text where Envoy has one. */
export function readOutputConfig(node: DocumentNode, site: TapSite): OutputConfig {
  const message = new MessageReader(node, OUTPUT_CONFIG);
  const [sinkNode, ...others] = message.list("sinks");
  if (sinkNode === undefined || others.length > 0)
    refuse(message.placeOf("sinks"), "OutputConfigValidationError.Sinks: value must contain exactly 1 item(s)");
  const sink = readOutputSink(sinkNode, site);
  const streaming = message.bool("streaming");
  if (streaming && sink.format === "PROTO_BINARY" && sink.destination.kind === "file-per-tap")
    refuse(
      sinkNode.place,
      "streaming with format PROTO_BINARY writes messages that nothing can tell apart into one file",
      "use format PROTO_BINARY_LENGTH_DELIMITED",
    );
  if (streaming && sink.format === "HAR")
    refuse(sinkNode.place, "format HAR has whole exchanges, and a streamed trace has pieces", "leave streaming out");
  return {
    sink,
    maxBufferedRxBytes: message.uint32("max_buffered_rx_bytes") ?? DEFAULT_MAX_BUFFERED_BYTES,
    maxBufferedTxBytes: message.uint32("max_buffered_tx_bytes") ?? DEFAULT_MAX_BUFFERED_BYTES,
    streaming,
    minStreamedSentBytes: message.uint32("min_streamed_sent_bytes") ?? 0,
  };
}

function readOutputSink(node: DocumentNode, site: TapSite): OutputSink {
  const message = new MessageReader(node, OUTPUT_SINK);
  const kind = message.requiredOneOf(...SINK_KINDS);
  const value = message.requiredNode(kind);
  // The one format that a gRPC sink may have need not be said.
  const format =
    message.enumeration("format", SINK_FORMATS) ?? (kind === "streaming_grpc" ? "PROTO_BINARY" : "JSON_BODY_AS_BYTES");
  const destination = readDestination(kind, value, format, site);
  if (destination.kind === "streaming-admin" || destination.kind === "buffered-admin")
    checkAdminSink(destination.kind, format, site, message);
  if (destination.kind === "streaming-grpc" && format !== "PROTO_BINARY")
    refuse(message.placeOf("format"), "streaming_grpc: the format must be PROTO_BINARY", "or leave it out");
  if (destination.kind === "udp" && (format === "PCAPNG" || format === "HAR"))
    refuse(
      message.placeOf("format"),
      `the UDP sink sends single messages: ${format} is a file`,
      `use ${FOR_DATAGRAMS}`,
    );
  if (format === "HAR" && site.watches.includes("socket"))
    refuse(
      message.placeOf("format"),
      "format HAR: a transport socket records bytes, not requests",
      "use the HTTP tap filter, or PCAPNG",
    );
  // Those who know of v2alpha only know the old layout.
  const usual = destination.kind === "streaming-grpc" && destination.version === "v2alpha" ? "OLD" : "NEW";
  const layout = message.enumeration("connection_layout", { 0: "NEW", 1: "OLD" } as const) ?? usual;
  return { format, connectionLayout: layout === "NEW" ? "new" : "old", destination };
}

const FOR_DATAGRAMS = "JSON_BODY_AS_BYTES, JSON_BODY_AS_STRING, PROTO_BINARY or PROTO_TEXT";

function readDestination(
  kind: (typeof SINK_KINDS)[number],
  value: DocumentNode,
  format: SinkFormat,
  site: TapSite,
): SinkDestination {
  switch (kind) {
    case "file_per_tap":
      return readFileDestination(value, format);
    case "streaming_admin":
      new MessageReader(value, STREAMING_ADMIN);
      return { kind: "streaming-admin" };
    case "buffered_admin":
      return readBufferedAdmin(value);
    case "streaming_grpc":
      return readGrpcDestination(value, site);
    case "custom_sink":
      return readCustomSink(value);
  }
}

function readBufferedAdmin(node: DocumentNode): SinkDestination {
  const message = new MessageReader(node, BUFFERED_ADMIN);
  const maxTraces = Number(message.integer("max_traces", { most: BigInt(Number.MAX_SAFE_INTEGER) }) ?? 0n);
  if (maxTraces === 0) refuse(message.placeOf("max_traces"), "max_traces: value must be greater than 0");
  const timeoutMillis = message.durationMillis("timeout") ?? 0;
  return { kind: "buffered-admin", maxTraces, ...(timeoutMillis === 0 ? {} : { timeoutMillis }) };
}

function checkAdminSink(
  kind: "streaming-admin" | "buffered-admin",
  format: SinkFormat,
  { origin }: TapSite,
  message: MessageReader<"format" | "streaming_admin" | "buffered_admin">,
): void {
  const field = kind === "streaming-admin" ? "streaming_admin" : "buffered_admin";
  if (origin === "static")
    refuse(
      message.placeOf(field),
      kind === "streaming-admin"
        ? "Error: Specifying admin streaming output without configuring admin."
        : "Output sink type BufferedAdmin requires that the admin output will be configured via admin",
      "use admin_config instead of static_config and post this to /tap, or use file_per_tap",
    );
  const isJson = format === "JSON_BODY_AS_BYTES" || format === "JSON_BODY_AS_STRING";
  if (kind === "streaming-admin" && !isJson)
    refuse(message.placeOf("format"), "streaming admin output only supports JSON formats");
  if (kind === "buffered-admin" && !isJson && format !== "PROTO_BINARY_LENGTH_DELIMITED")
    refuse(
      message.placeOf("format"),
      "buffered admin output only supports JSON or length delimited proto binary formats",
    );
}
