import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bootstrap, refusal, TAP_V2_CONFIG } from "../../../../test/support/bootstraps.ts";

describe("what is refused", () => {
  const output = (text: string) => ({
    chain: TAP_V2_CONFIG.replace(/ {10}sinks:[\s\S]*?path_prefix.*\n/, `          ${text}\n`),
  });
  const tap = (from: string, to: string) => ({ chain: TAP_V2_CONFIG.replace(from, to) });
  const tls = (text: string) => ({ cluster: `transport_socket:\n  name: tls\n  config: ${text}` });
  const CASES: readonly (readonly [string, string, RegExp])[] = [
    ["nothing to do", "static_resources: {}", /^envoy\.yaml:1:19: there are no listeners/],
    ["no static_resources", "admin: {address: {pipe: {path: /x}}}", /static_resources is missing$/],
    [
      "unknown top-level key",
      bootstrap({ top: "static_resource: {}" }),
      /^envoy\.yaml:22:1: Bootstrap: unknown field "static_resource"; did you mean static_resources\?$/,
    ],
    [
      "control plane",
      bootstrap({ top: "dynamic_resources: {}" }),
      /dynamic_resources is not supported; there is no control plane/,
    ],
    [
      "unknown cluster",
      bootstrap({}).replace("cluster: back", "cluster: bakc"),
      /^envoy\.yaml:11:11: unknown cluster 'bakc'; did you mean back\?$/,
    ],
    [
      "a TCP proxy's fields in an HTTP connection manager",
      bootstrap({}).replace(
        "filters.network.tcp_proxy.v3.TcpProxy",
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
      ),
      /^envoy\.yaml:9:11: HttpConnectionManager: the last HTTP filter must be envoy\.filters\.http\.router/,
    ],
    [
      "misspelt socket",
      bootstrap(tap("envoy.transport_sockets.tap", "envoy.transport_socket.tap")),
      /^envoy\.yaml:13:9: transport socket "envoy\.transport_socket\.tap" is not known; did you mean envoy\.transport_sockets\.tap\?$/,
    ],
    ["typed_config without a type", bootstrap(tap("config:", "typed_config:")), /typed_config has no "@type"/],
    [
      "static streaming_admin",
      bootstrap(output("sinks: [ { format: JSON_BODY_AS_STRING, streaming_admin: {} } ]")),
      /Error: Specifying admin streaming output without configuring admin\./,
    ],
    [
      "static buffered_admin",
      bootstrap(output("sinks: [ { buffered_admin: { max_traces: 1 } } ]")),
      /Output sink type BufferedAdmin requires that the admin output will be configured via admin/,
    ],
    [
      "buffered_admin of nothing",
      bootstrap(output("sinks: [ { buffered_admin: {} } ]")),
      /max_traces: value must be greater than 0/,
    ],
    ["no sinks", bootstrap(output("sinks: []")), /Sinks: value must contain exactly 1 item\(s\)/],
    [
      "two sinks",
      bootstrap(output("sinks: [ {file_per_tap: {path_prefix: a}}, {file_per_tap: {path_prefix: b}} ]")),
      /Sinks: value must contain exactly 1 item\(s\)/,
    ],
    [
      "gRPC sink",
      bootstrap(output("sinks: [ { streaming_grpc: { tap_id: x } } ]")),
      /StreamingGrpcSink: grpc_service is missing/,
    ],
    [
      "custom sink",
      bootstrap(output("sinks: [ { custom_sink: { name: mine } } ]")),
      /Didn't find a registered implementation for 'mine'/,
    ],
    [
      "empty path_prefix",
      bootstrap(output("sinks: [ { file_per_tap: { path_prefix: '' } } ]")),
      /path_prefix must not be empty/,
    ],
    [
      "binary streaming",
      bootstrap(tap("output_config:", "output_config:\n          streaming: true")),
      /streaming with format PROTO_BINARY .*; use format PROTO_BINARY_LENGTH_DELIMITED$/,
    ],
    [
      "no match",
      bootstrap(tap("        match_config: { any_match: true }\n", "")),
      /Neither match nor match_config is set in TapConfig/,
    ],
    ["any_match: false", bootstrap(tap("any_match: true", "any_match: false")), /any_match: value must equal true/],
    [
      "one rule",
      bootstrap(tap("{ any_match: true }", "{ or_match: { rules: [ { any_match: true } ] } }")),
      /or_match: rules: value must contain at least 2 item/,
    ],
    [
      "no patterns",
      bootstrap(tap("{ any_match: true }", "{ http_request_generic_body_match: {} }")),
      /patterns: value must contain at least 1 item/,
    ],
    [
      "bad base64",
      bootstrap(
        tap("{ any_match: true }", "{ http_request_generic_body_match: { patterns: [ { binary_match: '***' } ] } }"),
      ),
      /binary_match: expected bytes in base64/,
    ],
    [
      "bad regex",
      bootstrap(
        tap(
          "{ any_match: true }",
          "{ http_request_headers_match: { headers: [ { name: a, safe_regex_match: { regex: '(' } } ] } }",
        ),
      ),
      /regex "\(": error parsing regexp: missing closing/,
    ],
    [
      "EDS",
      bootstrap({ cluster: "type: EDS" }),
      /type: EDS is not supported; there is no control plane: use STATIC, STRICT_DNS or LOGICAL_DNS/,
    ],
    [
      "load balancing",
      bootstrap({ cluster: "lb_policy: CLUSTER_PROVIDED" }),
      /lb_policy: CLUSTER_PROVIDED is not supported; expected ROUND_ROBIN/,
    ],
    [
      "name in a STATIC cluster",
      bootstrap({}).replace("127.0.0.1, port_value: 80 ", "example.org, port_value: 80 "),
      /malformed IP address: example\.org; .*STRICT_DNS/,
    ],
    [
      "two LOGICAL_DNS endpoints",
      bootstrap({ cluster: "type: LOGICAL_DNS" }).replace(/( {8}- endpoint: .*\n)/, "$1$1"),
      /LOGICAL_DNS clusters must have a single/,
    ],
    [
      "downstream TLS upstream",
      bootstrap({
        cluster:
          'transport_socket: { name: t, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext } }',
      }),
      /expected UpstreamTlsContext/,
    ],
    [
      "TLS server without a certificate",
      bootstrap({ chain: "transport_socket: { name: tls }" }),
      /No TLS certificates found for server context/,
    ],
    [
      "a certificate that is not there",
      bootstrap(
        tls(
          "{ common_tls_context: { tls_certificates: [ { certificate_chain: { filename: /no.pem }, private_key: { filename: /key.pem } } ] } }",
        ),
      ),
      /^envoy\.yaml:\d+:\d+: cannot read \/no\.pem: no such file/,
    ],
    [
      "versions the wrong way round",
      bootstrap(
        tls(
          "{ common_tls_context: { tls_params: { tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_2 } } }",
        ),
      ),
      /the minimum version TLSv1\.3 is above the maximum TLSv1\.2/,
    ],
    [
      "names without a CA",
      bootstrap(tls("{ common_tls_context: { validation_context: { match_subject_alt_names: [ { exact: a } ] } } }")),
      /SAN-based verification of peer certificates without trusted CA/,
    ],
    [
      "two listeners on one address",
      bootstrap({ top: "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 10000 } } }" }),
      /listener 'front' has the address 127\.0\.0\.1:10000, as the admin listener has/,
    ],
  ];
  for (const [name, text, expected] of CASES) test(name, async () => assert.match(await refusal(text), expected));
});
