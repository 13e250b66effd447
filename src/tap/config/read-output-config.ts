import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import type { TapConfigOrigin } from "./read-tap-config.ts";
import {
  DEFAULT_MAX_BUFFERED_BYTES,
  type OutputConfig,
  type OutputSink,
  type SinkDestination,
  type SinkFormat,
} from "./tap-config.ts";

const OUTPUT_CONFIG = {
  name: "OutputConfig",
  fields: ["sinks", "max_buffered_rx_bytes", "max_buffered_tx_bytes", "streaming", "min_streamed_sent_bytes"],
} as const satisfies MessageShape<string>;

const OUTPUT_SINK = {
  name: "OutputSink",
  fields: [
    "format",
    "connection_layout",
    "streaming_admin",
    "file_per_tap",
    "streaming_grpc",
    "buffered_admin",
    "custom_sink",
  ],
} as const satisfies MessageShape<string>;

const FILE_PER_TAP = { name: "FilePerTapSink", fields: ["path_prefix"] } as const satisfies MessageShape<string>;
const STREAMING_ADMIN = { name: "StreamingAdminSink", fields: [] } as const satisfies MessageShape<string>;
const BUFFERED_ADMIN = {
  name: "BufferedAdminSink",
  fields: ["max_traces", "timeout"],
} as const satisfies MessageShape<string>;
const CUSTOM_SINK = {
  name: "TypedExtensionConfig",
  fields: ["name", "typed_config"],
} as const satisfies MessageShape<string>;

const FORMATS = {
  0: "JSON_BODY_AS_BYTES",
  1: "JSON_BODY_AS_STRING",
  2: "PROTO_BINARY",
  3: "PROTO_BINARY_LENGTH_DELIMITED",
  4: "PROTO_TEXT",
  // Ours; far from the numbers that Envoy may add.
  1000: "PCAPNG",
} as const satisfies Record<number, SinkFormat>;

/** Reads `OutputConfig`. Throws TaplineError (`configuration`) with Envoy's text where Envoy has one. */
export function readOutputConfig(node: DocumentNode, origin: TapConfigOrigin): OutputConfig {
  const message = new MessageReader(node, OUTPUT_CONFIG);
  const [sinkNode, ...others] = message.list("sinks");
  if (sinkNode === undefined || others.length > 0)
    refuse(message.placeOf("sinks"), "OutputConfigValidationError.Sinks: value must contain exactly 1 item(s)");
  const sink = readOutputSink(sinkNode, origin);
  const streaming = message.bool("streaming");
  if (streaming && sink.format === "PROTO_BINARY" && sink.destination.kind === "file-per-tap")
    refuse(
      sinkNode.place,
      "streaming with format PROTO_BINARY writes messages that nothing can tell apart into one file",
      "use format PROTO_BINARY_LENGTH_DELIMITED",
    );
  return {
    sink,
    maxBufferedRxBytes: message.uint32("max_buffered_rx_bytes") ?? DEFAULT_MAX_BUFFERED_BYTES,
    maxBufferedTxBytes: message.uint32("max_buffered_tx_bytes") ?? DEFAULT_MAX_BUFFERED_BYTES,
    streaming,
    minStreamedSentBytes: message.uint32("min_streamed_sent_bytes") ?? 0,
  };
}

function readOutputSink(node: DocumentNode, origin: TapConfigOrigin): OutputSink {
  const message = new MessageReader(node, OUTPUT_SINK);
  const kind = message.requiredOneOf(
    "streaming_admin",
    "file_per_tap",
    "streaming_grpc",
    "buffered_admin",
    "custom_sink",
  );
  const value = message.requiredNode(kind);
  const format = message.enumeration("format", FORMATS) ?? "JSON_BODY_AS_BYTES";
  const layout = message.enumeration("connection_layout", { 0: "NEW", 1: "OLD" } as const) ?? "NEW";
  const sink = (destination: SinkDestination): OutputSink => {
    if (destination.kind !== "file-per-tap") checkAdminSink(destination.kind, format, origin, message);
    return { format, connectionLayout: layout === "NEW" ? "new" : "old", destination };
  };
  switch (kind) {
    case "file_per_tap": {
      const pathPrefix = new MessageReader(value, FILE_PER_TAP).requiredString("path_prefix");
      return sink({ kind: "file-per-tap", pathPrefix });
    }
    case "streaming_admin":
      new MessageReader(value, STREAMING_ADMIN);
      return sink({ kind: "streaming-admin" });
    case "buffered_admin":
      return sink(readBufferedAdmin(value));
    case "streaming_grpc":
      return refuse(message.placeOf(kind), "OutputSink: streaming_grpc is not supported", "use file_per_tap");
    case "custom_sink": {
      const name = new MessageReader(value, CUSTOM_SINK).requiredString("name");
      return refuse(
        message.placeOf(kind),
        `Didn't find a registered implementation for '${name}'`,
        "custom_sink is not supported: use file_per_tap",
      );
    }
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
  origin: TapConfigOrigin,
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
