/** Fragments of Envoy's bootstraps by the labels of what they try, each put into one sample. */

export type Json = { [key: string]: any };

export type FeatureClass = "used" | "without-effect" | "refused";

export interface BootstrapFeature {
  readonly group: string;
  readonly label: string;
  readonly expected: FeatureClass;
  readonly change: (parts: SampleParts) => void;
}

/** The sample, and its parts that fragments are put into. */
export interface SampleParts {
  readonly bootstrap: Json;
  readonly listener: Json;
  readonly chain: Json;
  readonly manager: Json;
  readonly routes: Json;
  readonly host: Json;
  readonly route: Json;
  readonly cluster: Json;
}

export const TYPE = "type.googleapis.com/envoy.extensions";
export const typed = (name: string, type: string, more: Json = {}): Json => ({
  name,
  typed_config: { "@type": `${TYPE}.${type}`, ...more },
});
export const address = (port: number) => ({ socket_address: { address: "127.0.0.1", port_value: port } });
export const endpoint = (port: number, more: Json = {}) => ({ endpoint: { address: address(port) }, ...more });

export function sample(certificates: {
  certificate: string;
  key: string;
  authority: string;
}): SampleParts & { readonly tls: (more?: Json) => Json; readonly upstreamTls: (more?: Json) => Json } {
  const route: Json = { match: { prefix: "/" }, route: { cluster: "back" } };
  const host: Json = { name: "v", domains: ["*"], routes: [route] };
  const routes: Json = { name: "r", virtual_hosts: [host] };
  const manager: Json = {
    "@type": `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "h",
    route_config: routes,
    http_filters: [typed("envoy.filters.http.router", "filters.http.router.v3.Router")],
  };
  const chain: Json = { filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] };
  const listener: Json = { name: "front", address: address(0), filter_chains: [chain] };
  const cluster: Json = {
    name: "back",
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: "back", endpoints: [{ lb_endpoints: [endpoint(9)] }] },
  };
  const other: Json = { ...structuredClone(cluster), name: "other" };
  const bootstrap: Json = {
    admin: { address: address(0) },
    static_resources: { listeners: [listener], clusters: [cluster, other] },
  };
  const pair = {
    certificate_chain: { filename: certificates.certificate },
    private_key: { filename: certificates.key },
  };
  return {
    bootstrap,
    listener,
    chain,
    manager,
    routes,
    host,
    route,
    cluster,
    tls: (more = {}) =>
      typed("tls", "transport_sockets.tls.v3.DownstreamTlsContext", {
        common_tls_context: { tls_certificates: [pair], ...more["common"] },
        ...more["outer"],
      }),
    upstreamTls: (more = {}) => typed("tls", "transport_sockets.tls.v3.UpstreamTlsContext", more),
  };
}
