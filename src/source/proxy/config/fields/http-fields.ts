import type { MessageShape } from "../../../../wire/config-document/index.ts";
import { ACCESS_LOG, OVERLOAD, TRACING, TUNING } from "./reasons.ts";

export const CONNECTION_MANAGER = {
  name: "HttpConnectionManager",
  fields: [
    "stat_prefix",
    "route_config",
    "http_filters",
    "codec_type",
    "common_http_protocol_options",
    "http_protocol_options",
    "http2_protocol_options",
    "server_name",
    "server_header_transformation",
    "scheme_header_transformation",
    "max_request_headers_kb",
    "stream_idle_timeout",
    "request_timeout",
    "request_headers_timeout",
    "add_user_agent",
    "use_remote_address",
    "xff_num_trusted_hops",
    "skip_xff_append",
    "internal_address_config",
    "via",
    "generate_request_id",
    "preserve_external_request_id",
    "always_set_request_id_in_response",
    "forward_client_cert_details",
    "set_current_client_cert_details",
    "proxy_100_continue",
    "upgrade_configs",
    "normalize_path",
    "merge_slashes",
    "path_with_escaped_slashes_action",
    "strip_matching_host_port",
    "strip_any_host_port",
    "strip_trailing_host_dot",
    "append_x_forwarded_port",
  ],
  withoutEffect: {
    tracing: [TRACING, {}],
    access_log: [ACCESS_LOG, [{ name: "envoy.access_loggers.stdout" }]],
    access_log_options: [ACCESS_LOG, { flush_access_log_on_new_request: true }],
    access_log_flush_interval: [ACCESS_LOG, "1s"],
    flush_access_log_on_new_request: [ACCESS_LOG, true],
    drain_timeout: ["draining: use --drain-time", "5s"],
    delayed_close_timeout: ["how long a client may take to close: a second", "2s"],
    stream_flush_timeout: [TUNING, "60s"],
    append_local_overload: [OVERLOAD, true],
    add_proxy_protocol_connection_state: ["state for filters of Envoy's", true],
    http1_safe_max_connection_duration: ["how the longest duration of a connection ends it", true],
  },
  unsupported: {
    rds: "there is no control plane: use route_config",
    scoped_routes: "there is no control plane: use route_config",
    original_ip_detection_extensions: "use use_remote_address and xff_num_trusted_hops",
    early_header_mutation_extensions: "use request_headers_to_add and request_headers_to_remove",
    represent_ipv4_remote_address_as_ipv4_mapped_ipv6: "leave it out",
    request_id_extension: "request ids are UUIDs: leave it out",
    local_reply_config: "local replies are Envoy's own: leave it out",
    stream_error_on_invalid_http_message: "what is invalid ends its connection: leave it out",
    path_normalization_options: "use normalize_path and merge_slashes",
    proxy_status_config: "leave it out",
    typed_header_validation_config: "leave it out",
    forward_client_cert_matcher: "use forward_client_cert_details",
    forward_proto_config: "leave it out",
    http3_protocol_options: "Tapline speaks TCP",
    idle_timeout: "use common_http_protocol_options.idle_timeout",
  },
} as const satisfies MessageShape<string>;

export const PROTOCOL_OPTIONS = {
  name: "CommonHttpProtocolOptions",
  fields: [
    "idle_timeout",
    "max_connection_duration",
    "max_headers_count",
    "max_stream_duration",
    "headers_with_underscores_action",
    "max_requests_per_connection",
  ],
  unsupported: { max_response_headers_kb: "leave it out" },
} as const satisfies MessageShape<string>;

const CODEC = "how Envoy's codec reads and writes";

export const HTTP1_OPTIONS = {
  name: "Http1ProtocolOptions",
  fields: ["accept_http_10", "default_host_for_http_10", "enable_trailers", "allow_absolute_url"],
  withoutEffect: {
    header_key_format: ["the case of names: verbatim as they came, else in lower case", { proper_case_words: {} }],
    override_stream_error_on_invalid_http_message: [CODEC, true],
    use_balsa_parser: [CODEC, true],
    allow_custom_methods: [CODEC, true],
    ignore_http_11_upgrade: [CODEC, [{ prefix: "h2c" }]],
  },
  unsupported: {
    allow_chunked_length: "requests with both lengths are refused: leave it out",
    send_fully_qualified_url: "endpoints are sent paths: leave it out",
  },
} as const satisfies MessageShape<string>;

export const HTTP2_OPTIONS = {
  name: "Http2ProtocolOptions",
  fields: ["max_concurrent_streams", "allow_connect"],
  withoutEffect: {
    hpack_table_size: [CODEC, 4096],
    initial_stream_window_size: [CODEC, 65536],
    initial_connection_window_size: [CODEC, 1048576],
    max_outbound_frames: [CODEC, 10000],
    max_outbound_control_frames: [CODEC, 1000],
    max_consecutive_inbound_frames_with_empty_payload: [CODEC, 1],
    max_inbound_priority_frames_per_stream: [CODEC, 100],
    max_inbound_window_update_frames_per_data_frame_sent: [CODEC, 10],
    stream_error_on_invalid_http_messaging: [CODEC, true],
    override_stream_error_on_invalid_http_message: [CODEC, true],
    connection_keepalive: [TUNING, { interval: "30s", timeout: "5s" }],
    use_oghttp2_codec: [CODEC, true],
    max_metadata_size: [CODEC, 1024],
    enable_huffman_encoding: [CODEC, true],
  },
  unsupported: {
    allow_metadata: "METADATA frames are not forwarded: leave it out",
    custom_settings_parameters: "leave it out",
  },
} as const satisfies MessageShape<string>;

export const INTERNAL_ADDRESSES = {
  name: "InternalAddressConfig",
  fields: ["unix_sockets", "cidr_ranges"],
} as const satisfies MessageShape<string>;

export const CERTIFICATE_DETAILS = {
  name: "SetCurrentClientCertDetails",
  fields: [],
  withoutEffect: {
    subject: ["it is for SANITIZE_SET and APPEND_FORWARD, which are refused", true],
    cert: ["it is for SANITIZE_SET and APPEND_FORWARD, which are refused", true],
    chain: ["it is for SANITIZE_SET and APPEND_FORWARD, which are refused", true],
    dns: ["it is for SANITIZE_SET and APPEND_FORWARD, which are refused", true],
    uri: ["it is for SANITIZE_SET and APPEND_FORWARD, which are refused", true],
  },
} as const satisfies MessageShape<string>;

export const SCHEME = {
  name: "SchemeHeaderTransformation",
  fields: ["scheme_to_overwrite"],
  unsupported: { match_upstream: "leave it out" },
} as const satisfies MessageShape<string>;
