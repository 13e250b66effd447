import type { IpEndpoint } from "../../model/index.ts";

/** The Envoy bootstrap that `tapline up` runs: one tapped listener in front of one service. */
export function writeBootstrap({
  listen,
  upstream,
  admin,
  taps,
}: {
  listen: IpEndpoint;
  upstream: IpEndpoint;
  admin: IpEndpoint;
  /** The folder of the traces. */
  taps: string;
}): string {
  return `# Written by tapline up. Change a copy, and run it with: tapline proxy -c FILE
static_resources:
  listeners:
  - name: front
    address: ${writeAddress(listen)}
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: front
          cluster: service
      transport_socket:
        name: envoy.transport_sockets.tap
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.transport_sockets.tap.v3.Tap
          common_config:
            static_config:
              match: { any_match: true }
              output_config:
                # Of each connection and direction; what is longer is cut off and marked as truncated.
                max_buffered_rx_bytes: 65536
                max_buffered_tx_bytes: 65536
                sinks:
                - format: JSON_BODY_AS_BYTES
                  file_per_tap: { path_prefix: ${JSON.stringify(`${taps}/demo`)} }
          transport_socket: { name: envoy.transport_sockets.raw_buffer }
  clusters:
  - name: service
    type: STRICT_DNS
    dns_lookup_family: V4_PREFERRED
    load_assignment:
      cluster_name: service
      endpoints:
      - lb_endpoints:
        - endpoint: { address: ${writeAddress(upstream)} }
admin:
  address: ${writeAddress(admin)}
`;
}

function writeAddress({ address, port }: IpEndpoint): string {
  return `{ socket_address: { address: ${JSON.stringify(address)}, port_value: ${port} } }`;
}
