import { collectInto, LOG, set } from "./fragments.ts";
import { type BootstrapFeature, type Json, TYPE, typed } from "./sample.ts";

/** The bootstrap itself. */
export const TOP_FEATURES: BootstrapFeature[] = [];
const add = collectInto(TOP_FEATURES);

const top = (more: Json) => set("bootstrap", more);
add("bootstrap", "node id/cluster", "used", top({ node: { id: "n", cluster: "c" } }));
add("bootstrap", "no admin", "used", ({ bootstrap }) => delete bootstrap.admin);
add(
  "bootstrap",
  "layered_runtime",
  "without-effect",
  top({ layered_runtime: { layers: [{ name: "s", static_layer: { "health_check.min_interval": 5 } }] } }),
);
add("bootstrap", "stats_config", "without-effect", top({ stats_config: { use_all_default_tags: true } }));
add(
  "bootstrap",
  "stats_sinks statsd",
  "without-effect",
  top({
    stats_sinks: [
      {
        name: "envoy.stat_sinks.statsd",
        typed_config: {
          "@type": "type.googleapis.com/envoy.config.metrics.v3.StatsdSink",
          address: { socket_address: { address: "127.0.0.1", port_value: 8125, protocol: "UDP" } },
        },
      },
    ],
  }),
);
add("bootstrap", "stats_flush_interval", "without-effect", top({ stats_flush_interval: "10s" }));
add(
  "bootstrap",
  "admin access_log",
  "without-effect",
  ({ bootstrap }) => void Object.assign(bootstrap.admin, { access_log: LOG("file") }),
);
add(
  "bootstrap",
  "admin access_log_path x",
  "without-effect",
  ({ bootstrap }) => void Object.assign(bootstrap.admin, { access_log_path: "/tmp/tapline-admin.log" }),
);
add(
  "bootstrap",
  "admin access_log_path /dev/null",
  "without-effect",
  ({ bootstrap }) => void Object.assign(bootstrap.admin, { access_log_path: "/dev/null" }),
);
add(
  "bootstrap",
  "admin 0.0.0.0",
  "used",
  ({ bootstrap }) => void Object.assign(bootstrap.admin.address.socket_address, { address: "0.0.0.0" }),
);
add(
  "bootstrap",
  "overload_manager",
  "without-effect",
  top({
    overload_manager: {
      refresh_interval: "0.25s",
      resource_monitors: [
        typed("envoy.resource_monitors.fixed_heap", "resource_monitors.fixed_heap.v3.FixedHeapConfig", {
          max_heap_size_bytes: 2147483648,
        }),
      ],
    },
  }),
);
add("bootstrap", "watchdogs", "without-effect", top({ watchdogs: { main_thread_watchdog: { miss_timeout: "0.5s" } } }));
add(
  "bootstrap",
  "tracing",
  "without-effect",
  top({
    tracing: {
      http: {
        name: "envoy.tracers.zipkin",
        typed_config: {
          "@type": "type.googleapis.com/envoy.config.trace.v3.ZipkinConfig",
          collector_cluster: "other",
          collector_endpoint: "/api/v2/spans",
          collector_endpoint_version: "HTTP_JSON",
        },
      },
    },
  }),
);
add(
  "bootstrap",
  "cluster_manager",
  "without-effect",
  top({ cluster_manager: { outlier_detection: { event_log_path: "/dev/null" } } }),
);
add("bootstrap", "hds/flags_path", "without-effect", top({ flags_path: "/tmp" }));
add(
  "bootstrap",
  "default_regex_engine",
  "used",
  top({
    default_regex_engine: {
      name: "envoy.regex_engines.google_re2",
      typed_config: { "@type": `${TYPE}.regex_engines.v3.GoogleRE2` },
    },
  }),
);
add(
  "bootstrap",
  "bootstrap_extensions internal_listener",
  "without-effect",
  top({
    bootstrap_extensions: [
      typed("envoy.bootstrap.internal_listener", "bootstrap.internal_listener.v3.InternalListener"),
    ],
  }),
);
add(
  "bootstrap",
  "application_log_config",
  "without-effect",
  top({ application_log_config: { log_format: { text_format: "%v" } } }),
);
add("bootstrap", "enable_dispatcher_stats false", "used", top({ enable_dispatcher_stats: false }));
