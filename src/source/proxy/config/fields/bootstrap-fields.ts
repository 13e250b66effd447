import type { MessageShape } from "../../../../wire/config-document/index.ts";
import {
  ACCESS_LOG,
  CONTROL_PLANE,
  DNS,
  LOGGING,
  OVERLOAD,
  RUNTIME,
  STATISTICS,
  TRACING,
  TUNING,
  WATCHDOG,
} from "./reasons.ts";

const NO_CONTROL_PLANE = "there is no control plane: use static_resources";

export const BOOTSTRAP = {
  name: "Bootstrap",
  fields: ["static_resources", "admin", "node", "tapline", "default_regex_engine", "typed_dns_resolver_config"],
  withoutEffect: {
    stats_flush_interval: [STATISTICS, "5s"],
    stats_flush_on_admin: [STATISTICS, true],
    stats_eviction_interval: [STATISTICS, "10s"],
    stats_sinks: [STATISTICS, [{ name: "envoy.stat_sinks.statsd" }]],
    stats_config: [STATISTICS, { use_all_default_tags: true }],
    deferred_stat_options: [STATISTICS, { enable_deferred_creation_stats: true }],
    stats_server_version_override: [STATISTICS, 7],
    enable_dispatcher_stats: [STATISTICS, true],
    watchdog: [WATCHDOG, { miss_timeout: "0.2s" }],
    watchdogs: [WATCHDOG, { main_thread_watchdog: { miss_timeout: "0.2s" } }],
    fatal_actions: [WATCHDOG, [{ config: { name: "x" } }]],
    tracing: [TRACING, { http: { name: "envoy.tracers.zipkin" } }],
    perf_tracing_file_path: [TRACING, "/tmp/perf"],
    runtime: [RUNTIME, { symlink_root: "/srv" }],
    layered_runtime: [RUNTIME, { layers: [{ name: "static", static_layer: { "health_check.min_interval": 5 } }] }],
    flags_path: [RUNTIME, "/etc/envoy/flags"],
    overload_manager: [OVERLOAD, { refresh_interval: "0.25s" }],
    memory_allocator_manager: [TUNING, { bytes_to_release: 1 }],
    application_log_config: [LOGGING, { log_format: { text_format: "%v" } }],
    cluster_manager: [
      "the cluster manager: a log of ejections, and zones, of which there are none",
      { local_cluster_name: "back" },
    ],
    hds_config: [CONTROL_PLANE, { api_type: "GRPC" }],
    grpc_async_client_manager_config: [CONTROL_PLANE, { max_cached_entry_idle_duration: "5s" }],
    xds_config_tracker_extension: [CONTROL_PLANE, { name: "x" }],
    xds_delegate_extension: [CONTROL_PLANE, { name: "x" }],
    config_sources: [CONTROL_PLANE, [{ self: {} }]],
    default_config_source: [CONTROL_PLANE, { self: {} }],
    node_context_params: [CONTROL_PLANE, ["cluster"]],
    bootstrap_extensions: [
      "extensions that only offer something: nothing here that uses one is accepted",
      [{ name: "x" }],
    ],
    certificate_provider_instances: [
      "providers of certificates: a context that uses one is refused",
      { x: { name: "x" } },
    ],
    inline_headers: [
      "where Envoy keeps headers in its memory",
      [{ inline_header_name: "x-a", inline_header_type: "REQUEST_HEADER" }],
    ],
    use_tcp_for_dns_lookups: [DNS, true],
    dns_resolution_config: [DNS, { dns_resolver_options: { use_tcp_for_dns_lookups: true } }],
  },
  unsupported: {
    dynamic_resources: NO_CONTROL_PLANE,
    header_prefix: "headers that Envoy adds have no other prefix here: leave it out",
    default_socket_interface: "the kernel's sockets are used: leave it out",
    listener_manager: "there is one listener manager: leave it out",
  },
} as const satisfies MessageShape<string>;

export const STATIC_RESOURCES = {
  name: "StaticResources",
  fields: ["listeners", "clusters", "secrets"],
} as const satisfies MessageShape<string>;

export const ADMIN = {
  name: "Admin",
  fields: ["address"],
  withoutEffect: {
    access_log: [ACCESS_LOG, [{ name: "envoy.access_loggers.stdout" }]],
    access_log_path: [ACCESS_LOG, "/tmp/admin.log"],
    profile_path: ["profiles of Envoy's own", "/tmp/envoy.prof"],
    socket_options: [TUNING, [{ level: 1, name: 9, int_value: 1 }]],
    ignore_global_conn_limit: [OVERLOAD, true],
  },
  unsupported: { allow_paths: "all paths of the admin listener are served: leave it out, or bind it to loopback" },
} as const satisfies MessageShape<string>;

export const NODE = {
  name: "Node",
  fields: ["id", "cluster"],
  labels: [
    "metadata",
    "dynamic_parameters",
    "locality",
    "build_version",
    "user_agent_name",
    "user_agent_version",
    "user_agent_build_version",
    "extensions",
    "client_features",
    "listening_addresses",
  ],
} as const satisfies MessageShape<string>;

export const TAPLINE = {
  name: "tapline",
  fields: ["connection_ids", "routing"],
} as const satisfies MessageShape<string>;
