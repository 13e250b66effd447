/** One key of Rover's configuration. */
export interface RoverKey {
  readonly path: string;
  readonly env: string;
  readonly kind: "text" | "list" | "flag" | "count" | "duration" | "size" | "level";
  /** In force where the key is missing or empty: the one that Rover's document names. */
  readonly default: string;
  /** Another default: Rover's own configuration file, where it differs from its document. */
  readonly coded?: string;
  /** Least value of a count. */
  readonly least?: number;
  /** Why it is taken and changes nothing. */
  readonly withoutEffect?: string;
  /** Names that Rover's document or older versions have for it. */
  readonly aliases?: readonly string[];
}

const PARSE_PARALLELS = "who analyses reads the ring, too";

/**
 * The keys that the agent takes, as Rover 0.7 and its document name them
 * (https://skywalking.apache.org/docs/skywalking-rover/next/en/setup/configuration/traffic/).
 */
export const ROVER_KEYS = [
  { path: "logger.level", env: "ROVER_LOGGER_LEVEL", kind: "level", default: "INFO" },
  { path: "core.cluster_name", env: "ROVER_CORE_CLUSTER_NAME", kind: "text", default: "" },
  { path: "core.backend.addr", env: "ROVER_BACKEND_ADDR", kind: "text", default: "localhost:11800" },
  { path: "core.backend.enable_TLS", env: "ROVER_BACKEND_ENABLE_TLS", kind: "flag", default: "false" },
  { path: "core.backend.client_pem_path", env: "ROVER_BACKEND_PEM_PATH", kind: "text", default: "" },
  { path: "core.backend.client_key_path", env: "ROVER_BACKEND_KEY_PATH", kind: "text", default: "" },
  {
    path: "core.backend.insecure_skip_verify",
    env: "ROVER_BACKEND_INSECURE_SKIP_VERIFY",
    kind: "flag",
    default: "false",
  },
  { path: "core.backend.ca_pem_path", env: "ROVER_BACKEND_CA_PEM_PATH", kind: "text", default: "" },
  { path: "core.backend.check_period", env: "ROVER_BACKEND_CHECK_PERIOD", kind: "count", default: "5", least: 1 },
  { path: "core.backend.authentication", env: "ROVER_BACKEND_AUTHENTICATION", kind: "text", default: "" },
  {
    path: "process_discovery.heartbeat_period",
    env: "ROVER_PROCESS_DISCOVERY_HEARTBEAT_PERIOD",
    kind: "duration",
    default: "20s",
  },
  {
    path: "process_discovery.properties_report_period",
    env: "ROVER_PROCESS_DISCOVERY_PROPERTIES_REPORT_PERIOD",
    kind: "count",
    default: "10",
    least: 1,
  },
  {
    path: "process_discovery.kubernetes.active",
    env: "ROVER_PROCESS_DISCOVERY_KUBERNETES_ACTIVE",
    kind: "flag",
    default: "false",
    coded: "true",
  },
  {
    path: "process_discovery.kubernetes.node_name",
    env: "ROVER_PROCESS_DISCOVERY_KUBERNETES_NODE_NAME",
    kind: "text",
    default: "",
  },
  {
    path: "process_discovery.kubernetes.namespaces",
    env: "ROVER_PROCESS_DISCOVERY_KUBERNETES_NAMESPACES",
    kind: "list",
    default: "",
  },
  { path: "access_log.active", env: "ROVER_ACCESS_LOG_ACTIVE", kind: "flag", default: "false" },
  {
    path: "access_log.exclude_namespaces",
    env: "ROVER_ACCESS_LOG_EXCLUDE_NAMESPACES",
    kind: "list",
    default: "istio-system,cert-manager,kube-system",
  },
  { path: "access_log.exclude_cluster", env: "ROVER_ACCESS_LOG_EXCLUDE_CLUSTER", kind: "list", default: "" },
  {
    path: "access_log.flush.max_count",
    env: "ROVER_ACCESS_LOG_FLUSH_MAX_COUNT",
    kind: "count",
    default: "2000",
    coded: "10000",
    least: 1,
  },
  { path: "access_log.flush.period", env: "ROVER_ACCESS_LOG_FLUSH_PERIOD", kind: "duration", default: "5s" },
  {
    path: "access_log.connection_analyze.per_cpu_buffer",
    env: "ROVER_ACCESS_LOG_CONNECTION_ANALYZE_PER_CPU_BUFFER",
    kind: "size",
    default: "200KB",
  },
  {
    path: "access_log.connection_analyze.parse_parallels",
    withoutEffect: PARSE_PARALLELS,
    env: "ROVER_ACCESS_LOG_CONNECTION_ANALYZE_PARSE_PARALLELS",
    kind: "count",
    default: "1",
    least: 1,
  },
  {
    path: "access_log.connection_analyze.analyze_parallels",
    env: "ROVER_ACCESS_LOG_CONNECTION_ANALYZE_PARALLELS",
    kind: "count",
    default: "1",
    least: 1,
  },
  {
    path: "access_log.connection_analyze.queue_size",
    env: "ROVER_ACCESS_LOG_CONNECTION_ANALYZE_QUEUE_SIZE",
    kind: "count",
    default: "2000",
    least: 1,
  },
  {
    path: "access_log.protocol_analyze.per_cpu_buffer",
    env: "ROVER_ACCESS_LOG_PROTOCOL_ANALYZE_PER_CPU_BUFFER",
    kind: "size",
    default: "400KB",
    aliases: ["access_log_protocol_analyze.per_cpu_buffer"],
  },
  {
    path: "access_log.protocol_analyze.parse_parallels",
    withoutEffect: PARSE_PARALLELS,
    env: "ROVER_ACCESS_LOG_PROTOCOL_ANALYZE_PARSE_PARALLELS",
    kind: "count",
    default: "2",
    least: 1,
  },
  {
    path: "access_log.protocol_analyze.analyze_parallels",
    env: "ROVER_ACCESS_LOG_PROTOCOL_ANALYZE_PARALLELS",
    kind: "count",
    default: "2",
    least: 1,
    aliases: ["access_log.protocol_analyze.parallels", "access_log_protocol_analyze.parallels"],
  },
  {
    path: "access_log.protocol_analyze.queue_size",
    env: "ROVER_ACCESS_LOG_PROTOCOL_ANALYZE_QUEUE_SIZE",
    kind: "count",
    default: "5000",
    least: 1,
    aliases: ["access_log_protocol_analyze.queue_size"],
  },
] as const satisfies readonly RoverKey[];

export type RoverPath = (typeof ROVER_KEYS)[number]["path"];

/** Modules of Rover that do nothing here. */
export const OTHER_MODULES = ["profiling", "pprof"];
