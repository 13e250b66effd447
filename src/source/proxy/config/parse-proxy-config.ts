import type { Endpoint, Place } from "../../../model/index.ts";
import { formatEndpoint } from "../../../model/index.ts";
import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  parseDocument,
  refuse,
} from "../../../wire/config-document/index.ts";
import { suggestName } from "../../../wire/text/suggest-name.ts";
import type { ClusterConfig } from "../../dial/cluster-config.ts";
import type { AdminConfig, ConnectionIdPolicy, ListenerConfig, NodeConfig, ProxyConfig } from "./config.ts";
import { readAddress } from "./read-address.ts";
import { readCluster } from "./read-cluster.ts";
import type { ReadContext } from "./read-context.ts";
import { readListener } from "./read-listener.ts";
import { refuseProtocolMismatch } from "./refuse-protocol-mismatch.ts";

export interface ParseProxyConfigOptions {
  /** The name of the configuration in messages. */
  readonly file?: string;
  /** The bytes of a file that the configuration names (certificates, keys), whose path is as it stands there. Throws. */
  readonly readFile: (path: string) => Uint8Array;
  /** For `environment_variable`; default none. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told what is accepted and may not have been meant; default nobody is. */
  readonly warn?: (place: Place, message: string) => void;
}

const NO_CONTROL_PLANE = "there is no control plane: use static_resources";

const BOOTSTRAP = {
  name: "Bootstrap",
  fields: ["static_resources", "admin", "node", "tapline"],
  // How often statistics are sent to sinks, of which there are none.
  inert: ["stats_flush_interval"],
  unsupported: {
    node_context_params: NO_CONTROL_PLANE,
    dynamic_resources: NO_CONTROL_PLANE,
    xds_config_tracker_extension: NO_CONTROL_PLANE,
    xds_delegate_extension: NO_CONTROL_PLANE,
    config_sources: NO_CONTROL_PLANE,
    default_config_source: NO_CONTROL_PLANE,
    cluster_manager: "",
    hds_config: "",
    flags_path: "",
    stats_sinks: "",
    stats_config: "",
    deferred_stat_options: "",
    stats_flush_on_admin: "",
    stats_server_version_override: "",
    watchdog: "",
    watchdogs: "",
    tracing: "",
    runtime: "there is no runtime: leave it out",
    layered_runtime: "there is no runtime: leave it out",
    overload_manager: "",
    enable_dispatcher_stats: "",
    header_prefix: "",
    use_tcp_for_dns_lookups: "the system's resolver is used",
    dns_resolution_config: "the system's resolver is used",
    typed_dns_resolver_config: "the system's resolver is used",
    bootstrap_extensions: "",
    fatal_actions: "",
    default_socket_interface: "",
    certificate_provider_instances: "",
    inline_headers: "",
    perf_tracing_file_path: "",
    default_regex_engine: "",
    application_log_config: "use --log-level",
    grpc_async_client_manager_config: "",
    memory_allocator_manager: "",
    listener_manager: "",
  },
} as const satisfies MessageShape<string>;

const STATIC_RESOURCES = {
  name: "StaticResources",
  fields: ["listeners", "clusters"],
  unsupported: { secrets: "give the certificates where they are used, by file or inline" },
} as const satisfies MessageShape<string>;

const ADMIN = {
  name: "Admin",
  fields: ["address", "access_log_path"],
  inert: ["profile_path"],
  unsupported: {
    access_log: "the admin listener writes none: leave it out",
    socket_options: "",
    ignore_global_conn_limit: "",
    allow_paths: "",
  },
} as const satisfies MessageShape<string>;

const NODE = {
  name: "Node",
  fields: ["id", "cluster"],
  // Fields for control planes.
  inert: [
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

const TAPLINE = { name: "tapline", fields: ["connection_ids"] } as const satisfies MessageShape<string>;

/**
 * Reads an Envoy bootstrap (YAML or JSON, v2 or v3): what is known and supported becomes a `ProxyConfig`; anything else is
 * refused, the first in the order of the messages.
 *
 * @throws TaplineError (`configuration`) with file, line and column
 */
export async function parseProxyConfig(text: string, options: ParseProxyConfigOptions): Promise<ProxyConfig> {
  const document = await parseDocument(text, options.file === undefined ? {} : { file: options.file });
  return readProxyConfig(document, options);
}

function readProxyConfig(document: DocumentNode, options: ParseProxyConfigOptions): ProxyConfig {
  const message = new MessageReader(document, BOOTSTRAP);
  const adminNode = message.node("admin");
  const admin = adminNode === undefined ? undefined : readAdmin(adminNode);
  const resources = new MessageReader(message.requiredNode("static_resources"), STATIC_RESOURCES);
  const context: ReadContext = {
    hasAdmin: admin !== undefined,
    clusters: clusterNames(resources.list("clusters")),
    readFile: options.readFile,
    environment: options.environment ?? {},
    warn: options.warn ?? (() => {}),
  };
  const clusters = resources.list("clusters").map((node) => readCluster(node, context));
  const listeners = resources.list("listeners").map((node) => readListener(node, context));
  if (listeners.length === 0) refuse(resources.place, "there are no listeners: nothing to do");
  refuseDuplicateClusters(clusters);
  refuseDuplicateListeners(listeners, admin);
  for (const listener of listeners) refuseProtocolMismatch(listener, findCluster(listener, clusters), context.warn);
  const own = message.node("tapline");
  const node = message.node("node");
  return {
    listeners,
    clusters,
    admin,
    node: node === undefined ? { id: "", cluster: "" } : readNode(node),
    connectionIds: own === undefined ? "unique-across-restarts" : readConnectionIds(own),
    document,
  };
}

function readAdmin(node: DocumentNode): AdminConfig {
  const message = new MessageReader(node, ADMIN);
  const accessLog = message.string("access_log_path") ?? "";
  if (accessLog !== "" && accessLog !== "/dev/null")
    refuse(
      message.placeOf("access_log_path"),
      "Admin: access_log_path is not supported",
      "the admin listener writes no access log: leave it out, or name /dev/null",
    );
  const { endpoint } = readAddress(message.requiredNode("address"), "addresses-only");
  return { address: endpoint, place: node.place };
}

function readNode(node: DocumentNode): NodeConfig {
  const message = new MessageReader(node, NODE);
  return { id: message.string("id") ?? "", cluster: message.string("cluster") ?? "" };
}

/** The names that sinks may call, known before the clusters are read: a tap of one cluster may name another. */
function clusterNames(nodes: readonly DocumentNode[]): string[] {
  return nodes.flatMap((node) => {
    const name = node.kind === "mapping" ? node.entries.find(({ key }) => key === "name")?.value : undefined;
    return name?.kind === "scalar" && typeof name.value === "string" ? [name.value] : [];
  });
}

function readConnectionIds(node: DocumentNode): ConnectionIdPolicy {
  const names = { 0: "UNIQUE_ACROSS_RESTARTS", 1: "FROM_ZERO" } as const;
  const policy = new MessageReader(node, TAPLINE).enumeration("connection_ids", names);
  return policy === "FROM_ZERO" ? "from-zero" : "unique-across-restarts";
}

function refuseDuplicateClusters(clusters: readonly ClusterConfig[]): void {
  const names = new Set<string>();
  for (const { name, place } of clusters) {
    if (names.has(name)) refuse(place, `cluster manager: duplicate cluster '${name}'`);
    names.add(name);
  }
}

function refuseDuplicateListeners(listeners: readonly ListenerConfig[], admin: AdminConfig | undefined): void {
  const names = new Set<string>();
  const addresses = new Map<string, string>();
  if (admin !== undefined && isFixed(admin.address)) addresses.set(formatEndpoint(admin.address), "the admin listener");
  for (const { name, address, place } of listeners) {
    if (names.has(name)) refuse(place, `a second listener is named '${name}'`);
    names.add(name);
    const text = formatEndpoint(address);
    const other = addresses.get(text);
    if (other !== undefined) refuse(place, `listener '${name}' has the address ${text}, as ${other} has`);
    if (isFixed(address)) addresses.set(text, `listener '${name}'`);
  }
}

/** Port 0 is a different port each time. */
function isFixed(address: Endpoint): boolean {
  return address.kind === "pipe" || address.port !== 0;
}

/** The cluster that a listener names. */
function findCluster(listener: ListenerConfig, clusters: readonly ClusterConfig[]): ClusterConfig {
  const { cluster, place } = listener.filterChain.networkFilter;
  const found = clusters.find(({ name }) => name === cluster);
  if (found !== undefined) return found;
  const names = clusters.map(({ name }) => name);
  const meant = suggestName(cluster, names);
  const known = names.length === 0 ? "there are no clusters" : `known are ${names.join(", ")}`;
  return refuse(
    place,
    `tcp_proxy: unknown cluster '${cluster}'`,
    meant === undefined ? known : `did you mean ${meant}?`,
  );
}
