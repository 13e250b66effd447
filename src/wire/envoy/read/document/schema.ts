/**
 * The fields of Envoy's trace messages by name: what the readers of text and JSON need to turn them into protobuf's binary
 * form. Connection has the newer layout here.
 */
export interface MessageSchema {
  readonly fields: ReadonlyMap<string, FieldSchema>;
}

export interface FieldSchema {
  readonly name: string;
  readonly number: number;
  readonly type: ScalarType | MessageSchema;
  /** The names of an enum's values, in the order of their numbers. */
  readonly values?: readonly string[];
}

export type ScalarType = "uint" | "seconds" | "nanos" | "bool" | "enum" | "string" | "bytes";

/** `google.protobuf.Timestamp`, which JSON has as a string. */
export const TIMESTAMP = message("seconds=1 seconds", "nanos=2 nanos");

const ENVOY_INTERNAL_ADDRESS = message("server_listener_name=1 string", "endpoint_id=2 string");
const PIPE = message("path=1 string", "mode=2 uint");
const SOCKET_ADDRESS = message(
  ["protocol=1 enum", ["TCP", "UDP"]],
  "address=2 string",
  "port_value=3 uint",
  "named_port=4 string",
  "resolver_name=5 string",
  "ipv4_compat=6 bool",
  "network_namespace_filepath=7 string",
);
const ADDRESS = message(
  ["socket_address=1", SOCKET_ADDRESS],
  ["pipe=2", PIPE],
  ["envoy_internal_address=3", ENVOY_INTERNAL_ADDRESS],
);
const CONNECTION = message(["local_address=1", ADDRESS], ["remote_address=2", ADDRESS]);
const BODY = message("as_bytes=1 bytes", "as_string=2 string", "truncated=3 bool");
const SOCKET_EVENT = message(
  ["timestamp=1", TIMESTAMP],
  ["read=2", message(["data=1", BODY])],
  ["write=3", message(["data=1", BODY], "end_stream=2 bool")],
  ["closed=4", message()],
  ["connection=5", CONNECTION],
  "seq_num=6 uint",
);
const SOCKET_BUFFERED_TRACE = message(
  "trace_id=1 uint",
  ["connection=2", CONNECTION],
  ["events=3", SOCKET_EVENT],
  "read_truncated=4 bool",
  "write_truncated=5 bool",
);
const SOCKET_STREAMED_TRACE_SEGMENT = message(
  "trace_id=1 uint",
  ["connection=2", CONNECTION],
  ["event=3", SOCKET_EVENT],
  ["events=4", message(["events=1", SOCKET_EVENT])],
);
const HEADER_VALUE = message("key=1 string", "value=2 string", "raw_value=3 bytes");
const HEADER_MAP = message(["headers=1", HEADER_VALUE]);
const HTTP_MESSAGE = message(
  ["headers=1", HEADER_VALUE],
  ["body=2", BODY],
  ["trailers=3", HEADER_VALUE],
  ["headers_received_time=4", TIMESTAMP],
);
const HTTP_BUFFERED_TRACE = message(
  ["request=1", HTTP_MESSAGE],
  ["response=2", HTTP_MESSAGE],
  ["downstream_connection=3", CONNECTION],
  ["upstream_connection=4", CONNECTION],
);
const HTTP_STREAMED_TRACE_SEGMENT = message(
  "trace_id=1 uint",
  ["request_headers=2", HEADER_MAP],
  ["request_body_chunk=3", BODY],
  ["request_trailers=4", HEADER_MAP],
  ["response_headers=5", HEADER_MAP],
  ["response_body_chunk=6", BODY],
  ["response_trailers=7", HEADER_MAP],
);
const FRACTIONAL_PERCENT = message("numerator=1 uint", ["denominator=2 enum", ["HUNDRED", "TEN_THOUSAND", "MILLION"]]);

export const TRACE_WRAPPER = message(
  ["http_buffered_trace=1", HTTP_BUFFERED_TRACE],
  ["http_streamed_trace_segment=2", HTTP_STREAMED_TRACE_SEGMENT],
  ["socket_buffered_trace=3", SOCKET_BUFFERED_TRACE],
  ["socket_streamed_trace_segment=4", SOCKET_STREAMED_TRACE_SEGMENT],
  ["configured_sample_rate=5", FRACTIONAL_PERCENT],
);

export const CAPTURE_TRACE = message(
  ["connection=1", message("id=1 uint", ["local_address=2", ADDRESS], ["remote_address=3", ADDRESS])],
  [
    "events=2",
    message(
      ["timestamp=1", TIMESTAMP],
      ["read=2", message("data=1 bytes")],
      ["write=3", message("data=1 bytes", "end_stream=2 bool")],
    ),
  ],
);

/** Fields as `name=number type`, or `name=number` with the message's schema, or an enum with its values. By both of JSON's names. */
function message(...fields: (string | [string, MessageSchema | readonly string[]])[]): MessageSchema {
  const byName = new Map<string, FieldSchema>();
  for (const field of fields) {
    const [declaration, detail] = typeof field === "string" ? [field, undefined] : field;
    const [, name = "", number, scalar] = /^(\w+)=(\d+)(?: (\w+))?$/.exec(declaration) ?? [];
    const schema: FieldSchema = {
      name,
      number: Number(number),
      type: scalar === undefined ? (detail as MessageSchema) : (scalar as ScalarType),
      ...(scalar === "enum" ? { values: detail as readonly string[] } : {}),
    };
    byName.set(name, schema);
    byName.set(
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      schema,
    );
  }
  return { fields: byName };
}
