/** A bootstrap with one listener that goes to `service`, and these HTTP taps (YAML flow mappings of Envoy's `Tap`). */
export function writeHttpBootstrap(service: number, taps: readonly string[], manager = "stat_prefix: front"): string {
  const types = "type.googleapis.com/envoy.extensions.filters";
  const filters = taps
    .map((tap) => `{ name: tap, typed_config: { "@type": ${types}.http.tap.v3.Tap, ${tap} } }, `)
    .join("");
  return `admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${types}.network.http_connection_manager.v3.HttpConnectionManager
          ${manager}
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: back } } ] } ] }
          http_filters: [ ${filters}{ name: router, typed_config: { "@type": ${types}.http.router.v3.Router } } ]
  clusters:
  - { name: back, load_assignment: { cluster_name: back, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${service} } } } } ] } ] } }
`;
}
