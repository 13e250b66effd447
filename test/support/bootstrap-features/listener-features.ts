import { collectInto, LOG, set, tcp } from "./fragments.ts";
import { address, type BootstrapFeature, typed } from "./sample.ts";

/** Listeners and TCP proxies. */
export const LISTENER_FEATURES: BootstrapFeature[] = [];
const add = collectInto(LISTENER_FEATURES);

add("listener", "2 listeners", "used", ({ bootstrap, listener }) =>
  bootstrap.static_resources.listeners.push({ ...structuredClone(listener), name: "second" }),
);
add(
  "listener",
  "address 0.0.0.0 + protocol TCP",
  "used",
  set("listener", { address: { socket_address: { protocol: "TCP", address: "0.0.0.0", port_value: 0 } } }),
);
add("listener", "additional_addresses", "used", set("listener", { additional_addresses: [{ address: address(0) }] }));
const inspector = (name: string, type: string) => ({ listener_filters: [typed(name, type)] });
const TLS_INSPECTOR = inspector(
  "envoy.filters.listener.tls_inspector",
  "filters.listener.tls_inspector.v3.TlsInspector",
);
add("listener", "tls_inspector", "used", set("listener", TLS_INSPECTOR));
add(
  "listener",
  "http_inspector",
  "used",
  set(
    "listener",
    inspector("envoy.filters.listener.http_inspector", "filters.listener.http_inspector.v3.HttpInspector"),
  ),
);
add(
  "listener",
  "original_dst + use_original_dst",
  "refused",
  set("listener", {
    use_original_dst: true,
    ...inspector("envoy.filters.listener.original_dst", "filters.listener.original_dst.v3.OriginalDst"),
  }),
);
add(
  "listener",
  "proxy_protocol",
  "used",
  set(
    "listener",
    inspector("envoy.filters.listener.proxy_protocol", "filters.listener.proxy_protocol.v3.ProxyProtocol"),
  ),
);
add("listener", "2 filter chains by server_names", "used", ({ listener, chain, tls }) => {
  Object.assign(listener, TLS_INSPECTOR);
  const second = structuredClone(chain);
  Object.assign(chain, { filter_chain_match: { server_names: ["a.example"] }, transport_socket: tls() });
  Object.assign(second, { filter_chain_match: { server_names: ["b.example"] }, transport_socket: tls() });
  listener.filter_chains.push(second);
});
add("listener", "1 filter chain w/ server_names", "used", ({ listener, chain, tls }) => {
  Object.assign(listener, TLS_INSPECTOR);
  Object.assign(chain, { filter_chain_match: { server_names: ["a.example"] }, transport_socket: tls() });
});
add(
  "listener",
  "filter_chain_match transport_protocol raw_buffer",
  "used",
  set("chain", { filter_chain_match: { transport_protocol: "raw_buffer" } }),
);
add("listener", "default_filter_chain", "used", ({ listener, chain }) => {
  listener.default_filter_chain = structuredClone(chain);
  chain.filter_chain_match = { destination_port: 1 };
});
add(
  "listener",
  "traffic_direction+drain_type",
  "without-effect",
  set("listener", { traffic_direction: "INBOUND", drain_type: "MODIFY_ONLY" }),
);
add("listener", "access_log", "without-effect", set("listener", { access_log: LOG() }));
add("listener", "reuse_port/enable_reuse_port", "without-effect", set("listener", { enable_reuse_port: true }));
add(
  "listener",
  "socket_options",
  "without-effect",
  set("listener", { socket_options: [{ level: 1, name: 9, int_value: 1, state: "STATE_PREBIND" }] }),
);
add("listener", "bind_to_port false", "refused", set("listener", { bind_to_port: false }));
add(
  "listener",
  "connection_balance_config exact",
  "without-effect",
  set("listener", { connection_balance_config: { exact_balance: {} } }),
);
add(
  "listener",
  "per_connection_buffer_limit_bytes",
  "used",
  set("listener", { per_connection_buffer_limit_bytes: 32768 }),
);
add("listener", "stat_prefix", "used", set("listener", { stat_prefix: "x" }));
add("listener", "transparent/freebind", "without-effect", set("listener", { freebind: true }));
add("listener", "tcp_fast_open", "without-effect", set("listener", { tcp_fast_open_queue_length: 5 }));
add("listener", "network rbac before hcm", "refused", ({ chain }) =>
  chain.filters.unshift(
    typed("envoy.filters.network.rbac", "filters.network.rbac.v3.RBAC", {
      stat_prefix: "r",
      rules: { action: "ALLOW", policies: { p: { permissions: [{ any: true }], principals: [{ any: true }] } } },
    }),
  ),
);
add("listener", "network connection_limit", "used", ({ chain }) =>
  chain.filters.unshift(
    typed("envoy.filters.network.connection_limit", "filters.network.connection_limit.v3.ConnectionLimit", {
      stat_prefix: "c",
      max_connections: 100,
    }),
  ),
);

add("tcp", "tcp_proxy access_log", "without-effect", tcp({ cluster: "back", access_log: LOG() }));
add(
  "tcp",
  "tcp_proxy weighted",
  "used",
  tcp({
    weighted_clusters: {
      clusters: [
        { name: "back", weight: 1 },
        { name: "other", weight: 1 },
      ],
    },
  }),
);
add(
  "tcp",
  "tcp_proxy max_downstream_connection_duration",
  "used",
  tcp({ cluster: "back", max_downstream_connection_duration: "60s" }),
);
add("tcp", "mysql/redis filter (redis_proxy)", "refused", ({ chain }) => {
  chain.filters = [
    typed("envoy.filters.network.redis_proxy", "filters.network.redis_proxy.v3.RedisProxy", {
      stat_prefix: "r",
      settings: { op_timeout: "1s" },
      prefix_routes: { catch_all_route: { cluster: "back" } },
    }),
  ];
});
