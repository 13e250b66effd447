import type { UnsupportedExtensions } from "../extension.ts";

const CHANGES = "it changes messages: leave it out";
const ANSWERS = "it answers or refuses requests: leave it out";
const LIMITS = "it holds requests back or refuses them: leave it out";
const METADATA = "nothing here reads metadata: leave it out";

/** HTTP filters of Envoy's that would change what passes, or where it goes, by their names. */
export const UNSUPPORTED_HTTP_FILTERS: UnsupportedExtensions = named("envoy.filters.http.", {
  a2a: ANSWERS,
  adaptive_concurrency: LIMITS,
  admission_control: LIMITS,
  ai_protocol_manager: CHANGES,
  api_key_auth: ANSWERS,
  aws_eventstream_parser: METADATA,
  aws_lambda: CHANGES,
  aws_request_signing: CHANGES,
  bandwidth_limit: LIMITS,
  bandwidth_share: LIMITS,
  basic_auth: ANSWERS,
  body_size_limit: ANSWERS,
  buffer: "bodies are streamed: leave it out",
  cache: ANSWERS,
  cache_v2: ANSWERS,
  cdn_loop: ANSWERS,
  checksum: ANSWERS,
  composite: CHANGES,
  compressor: CHANGES,
  connect_grpc_bridge: CHANGES,
  credential_injector: CHANGES,
  csrf: ANSWERS,
  custom_response: CHANGES,
  decompressor: CHANGES,
  dynamic_modules: "there are no modules: leave it out",
  dynamo: "it counts what DynamoDB is asked: leave it out",
  ext_authz: ANSWERS,
  ext_proc: CHANGES,
  file_server: ANSWERS,
  file_system_buffer: "bodies are streamed: leave it out",
  filter_chain: CHANGES,
  gcp_authn: CHANGES,
  geoip: CHANGES,
  golang: "there are no modules: leave it out",
  grpc_field_extraction: METADATA,
  grpc_http1_bridge: CHANGES,
  grpc_http1_reverse_bridge: CHANGES,
  grpc_json_reverse_transcoder: CHANGES,
  grpc_json_transcoder: CHANGES,
  grpc_web: "it translates gRPC-Web: leave it out",
  gzip: CHANGES,
  header_to_metadata: METADATA,
  health_check: ANSWERS,
  ip_tagging: CHANGES,
  jwt_authn: ANSWERS,
  kill_request: ANSWERS,
  language: CHANGES,
  lua: "no scripts are run: leave it out",
  match_delegate: CHANGES,
  mcp: ANSWERS,
  mcp_json_rest_bridge: CHANGES,
  mcp_router: "it chooses clusters: leave it out",
  oauth2: ANSWERS,
  original_src: "Node cannot dial from a client's address: leave it out",
  proto_api_scrubber: CHANGES,
  proto_message_extraction: METADATA,
  rate_limit_quota: LIMITS,
  ratelimit: LIMITS,
  set_filter_state: METADATA,
  squash: LIMITS,
  sse_to_metadata: METADATA,
  stateful_session: "it chooses endpoints: leave it out",
  sxg: CHANGES,
  thrift_to_metadata: METADATA,
  transform: CHANGES,
  upstream_codec: "it stands in clusters: end the filters with envoy.filters.http.router",
});

const PROTOCOL = "use envoy.filters.network.tcp_proxy: bytes are forwarded as they are";
const REFUSES = "it refuses connections: leave it out";

/** Network filters of Envoy's that are not here, by their names. */
export const UNSUPPORTED_NETWORK_FILTERS: UnsupportedExtensions = named("envoy.filters.network.", {
  client_ssl_auth: REFUSES,
  direct_response: "nothing is forwarded: leave the listener out",
  dubbo_proxy: PROTOCOL,
  dynamic_modules: "there are no modules: leave it out",
  echo: "nothing is forwarded: leave the listener out",
  ext_authz: REFUSES,
  ext_proc: "it changes what passes: leave it out",
  generic_proxy: PROTOCOL,
  geoip: REFUSES,
  golang: "there are no modules: leave it out",
  kafka_broker: "leave it out: envoy.filters.network.tcp_proxy alone forwards the same",
  kafka_mesh: PROTOCOL,
  local_ratelimit: "it refuses connections: leave it out",
  match_delegate: PROTOCOL,
  ratelimit: REFUSES,
  redis_proxy: PROTOCOL,
  reverse_tunnel: PROTOCOL,
  reverse_tunnel_drain_aware_http_connection_manager: "use envoy.filters.network.http_connection_manager",
  rocketmq_proxy: PROTOCOL,
  set_filter_state: "nothing here reads it: leave it out",
  sip_proxy: PROTOCOL,
  sni_cluster: "use a filter chain with server_names for each cluster",
  sni_dynamic_forward_proxy: "use a filter chain with server_names for each cluster",
  tcp_bandwidth_limit: "it holds bytes back: leave it out",
  thrift_proxy: PROTOCOL,
  wasm: "Tapline runs its trace exporter only, as an HTTP filter: leave it out",
});

/** Transport sockets of Envoy's that are not here, by their names. */
export const UNSUPPORTED_TRANSPORT_SOCKETS: UnsupportedExtensions = named("envoy.transport_sockets.", {
  alts: "use envoy.transport_sockets.tls",
  dynamic_modules: "use envoy.transport_sockets.tls",
  http_11_proxy: "dial the endpoint itself: leave it out",
  internal_upstream: "name an endpoint with an address",
  quic: "Tapline speaks TCP: use envoy.transport_sockets.tls",
  rustls: "use envoy.transport_sockets.tls",
  starttls: "use envoy.transport_sockets.tls where TLS begins at once",
  tcp_stats: "leave it out: the socket within it alone sends the same",
});

function named(prefix: string, short: Readonly<Record<string, string>>): UnsupportedExtensions {
  return Object.fromEntries(Object.entries(short).map(([name, advice]) => [`${prefix}${name}`, advice]));
}
