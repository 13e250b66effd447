import { formatError } from "../../src/model/index.ts";
import type { ProxyConfig } from "../../src/source/proxy/config/config.ts";
import { parseProxyConfig } from "../../src/source/proxy/config/parse-proxy-config.ts";

// Shared by the tests of the configuration.

export const FILES: Record<string, string> = { "/cert.pem": "CERT", "/key.pem": "KEY", "/ca.pem": "CA" };

export function readFile(path: string): Uint8Array {
  const text = FILES[path];
  if (text === undefined) throw new Error("no such file or directory");
  return new TextEncoder().encode(text);
}

export async function parse(text: string): Promise<ProxyConfig> {
  return parseProxyConfig(text, { file: "envoy.yaml", readFile });
}

export async function refusal(text: string): Promise<string> {
  try {
    await parse(text);
    return "accepted";
  } catch (error) {
    return formatError(error);
  }
}

/** A bootstrap with parts of the listener's filter chain and of the cluster given as YAML blocks. */
export function bootstrap({
  chain = "",
  cluster = "",
  top = "",
}: {
  chain?: string;
  cluster?: string;
  top?: string;
}): string {
  return `static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: tcp
          cluster: back
${indent(chain, 6)}
  clusters:
  - name: back
    connect_timeout: 0.25s
    load_assignment:
      cluster_name: back
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } }
${indent(cluster, 4)}
${top}
`;
}

export function indent(text: string, columns: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(columns));
}

export const TAP_V2_CONFIG = `transport_socket:
  name: envoy.transport_sockets.tap
  config:
    common_config:
      static_config:
        match_config: { any_match: true }
        output_config:
          sinks:
            - format: PROTO_BINARY
              file_per_tap: { path_prefix: /some/tap/path }
    transport_socket: { name: envoy.transport_sockets.raw_buffer }
`;

export const TAP_V3_TYPED = `transport_socket:
  name: envoy.transport_sockets.tap
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tap.v3.Tap
    common_config:
      static_config:
        match: { any_match: true }
        output_config:
          streaming: true
          max_buffered_rx_bytes: 5
          max_buffered_tx_bytes: 4
          sinks:
            - format: PROTO_BINARY_LENGTH_DELIMITED
              file_per_tap: { path_prefix: /some/tap/path }
    transport_socket:
      name: envoy.transport_sockets.raw_buffer
      typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer }
    socket_tap_config: { set_connection_per_event: true, stats_prefix: LDS }
`;

export const CAPTURE_V2_CONFIG = `transport_socket:
  name: envoy.transport_sockets.capture
  config:
    file_sink: { path_prefix: /some/capture/path, format: PROTO_TEXT }
    transport_socket: { name: raw_buffer }
`;

export const TAP_OVER_TLS = (name: string) => `transport_socket:
  name: envoy.transport_sockets.tap
  config:
    common_config:
      static_config:
        match_config: { any_match: true }
        output_config:
          sinks: [ { format: PROTO_BINARY, file_per_tap: { path_prefix: /some/tap/path } } ]
    transport_socket:
      name: ${name}
      config:
        common_tls_context:
          tls_certificates:
          - { certificate_chain: { filename: /cert.pem }, private_key: { filename: /key.pem } }
`;
