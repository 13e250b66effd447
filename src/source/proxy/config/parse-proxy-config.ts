import type { Endpoint, Place } from "../../../model/index.ts";
import { formatEndpoint } from "../../../model/index.ts";
import {
  attempt,
  collectFindings,
  type DocumentNode,
  MessageReader,
  parseDocument,
  readEach,
  refuse,
  reportRefusal,
} from "../../../wire/config-document/index.ts";
import { suggestName } from "../../../wire/text/suggest-name.ts";
import type { ClusterConfig } from "../../dial/cluster-config.ts";
import { readCluster } from "./cluster/read-cluster.ts";
import { checkDnsResolver } from "./cluster/read-dns-resolver.ts";
import type { AdminConfig, ConnectionIdPolicy, ListenerConfig, ProxyConfig } from "./config.ts";
import { readExtension } from "./extension.ts";
import { ADMIN, BOOTSTRAP, NODE, STATIC_RESOURCES, TAPLINE } from "./fields/bootstrap-fields.ts";
import { listChains } from "./listener/list-chains.ts";
import { readListener } from "./listener/read-listener.ts";
import type { NodeConfig } from "./node-config.ts";
import { readAddress } from "./read-address.ts";
import type { ReadContext } from "./read-context.ts";
import { settleRouting } from "./routes/settle-routing.ts";
import { readSecrets } from "./transport/read-secrets.ts";

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

/**
 * Reads an Envoy bootstrap (YAML or JSON, v2 or v3): what is known and supported becomes a `ProxyConfig`; anything else is
 * refused, all of it in one run.
 *
 * @throws TaplineError (`configuration`) with file, line and column: the first of them, and the rest as its `more`
 */
export async function parseProxyConfig(text: string, options: ParseProxyConfigOptions): Promise<ProxyConfig> {
  const document = await parseDocument(text, options.file === undefined ? {} : { file: options.file });
  return readProxyConfig(document, options);
}

function readProxyConfig(document: DocumentNode, options: ParseProxyConfigOptions): ProxyConfig {
  const { value, withoutEffect } = collectFindings(() => readBootstrap(document, options));
  return { ...value, withoutEffect };
}

function readBootstrap(document: DocumentNode, options: ParseProxyConfigOptions): Omit<ProxyConfig, "withoutEffect"> {
  const message = new MessageReader(document, BOOTSTRAP);
  const adminNode = message.node("admin");
  const admin = adminNode === undefined ? undefined : attempt(() => readAdmin(adminNode));
  checkExtensions(message);
  const node = message.node("node");
  const named = node && attempt(() => readNode(node));
  const resources = new MessageReader(message.requiredNode("static_resources"), STATIC_RESOURCES);
  const context: ReadContext = {
    hasAdmin: adminNode !== undefined,
    node: named ?? { id: "", cluster: "" },
    clusters: clusterNames(resources.list("clusters")),
    secrets: readSecrets(resources.list("secrets")),
    readFile: options.readFile,
    environment: options.environment ?? {},
    warn: options.warn ?? (() => {}),
  };
  const clusters = readEach(resources.list("clusters"), (node) => readCluster(node, context));
  const nodes = resources.list("listeners");
  const listeners = readEach(nodes, (node) => readListener(node, context));
  if (nodes.length === 0) refuse(resources.place, "there are no listeners: nothing to do");
  attempt(() => refuseDuplicateClusters(clusters));
  attempt(() => refuseDuplicateListeners(listeners, admin));
  const own = message.node("tapline");
  const tapline = own && new MessageReader(own, TAPLINE);
  const insistsOnVerbatim = tapline?.enumeration("routing", { 0: "AUTO", 1: "VERBATIM" } as const) === "VERBATIM";
  readEach(listeners.flat(), (listener) => checkClusters(listener, clusters, context));
  return {
    listeners: readEach(listeners.flat(), (listener) =>
      settleRouting(listener, clusters, insistsOnVerbatim, context.warn),
    ),
    clusters,
    admin,
    node: context.node,
    insistsOnVerbatim,
    connectionIds: tapline === undefined ? "unique-across-restarts" : readConnectionIds(tapline),
    document,
  };
}

/** Engines and resolvers that are the same as those here. */
function checkExtensions(message: MessageReader<"default_regex_engine" | "typed_dns_resolver_config">): void {
  const resolver = message.node("typed_dns_resolver_config");
  if (resolver !== undefined) attempt(() => checkDnsResolver(resolver, "Bootstrap"));
  const engine = message.node("default_regex_engine");
  if (engine !== undefined) attempt(() => readExtension(engine, "regex engine", REGEX_ENGINES));
}

const REGEX_ENGINES = {
  re2: {
    names: ["envoy.regex_engines.google_re2"],
    types: ["envoy.extensions.regex_engines.v3.GoogleRE2"],
  },
} as const;

function readAdmin(node: DocumentNode): AdminConfig {
  const message = new MessageReader(node, ADMIN);
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

function readConnectionIds(tapline: MessageReader<(typeof TAPLINE.fields)[number]>): ConnectionIdPolicy {
  const policy = tapline.enumeration("connection_ids", { 0: "UNIQUE_ACROSS_RESTARTS", 1: "FROM_ZERO" } as const);
  return policy === "FROM_ZERO" ? "from-zero" : "unique-across-restarts";
}

function refuseDuplicateClusters(clusters: readonly ClusterConfig[]): void {
  const names = new Set<string>();
  for (const { name, place } of clusters) {
    if (names.has(name)) refuse(place, `cluster manager: duplicate cluster '${name}'`);
    names.add(name);
  }
}

function refuseDuplicateListeners(
  listeners: readonly (readonly ListenerConfig[])[],
  admin: AdminConfig | undefined,
): void {
  const names = new Set<string>();
  const addresses = new Map<string, string>();
  if (admin !== undefined && isFixed(admin.address)) addresses.set(formatEndpoint(admin.address), "the admin listener");
  for (const { name, address, additional, place } of listeners.flat()) {
    if (additional === undefined && names.has(name)) reportRefusal(place, `a second listener is named '${name}'`);
    names.add(name);
    const text = formatEndpoint(address);
    const other = addresses.get(text);
    if (other !== undefined) reportRefusal(place, `listener '${name}' has the address ${text}, as ${other} has`);
    if (isFixed(address)) addresses.set(text, `listener '${name}'`);
  }
}

/** Port 0 is a different port each time. */
function isFixed(address: Endpoint): boolean {
  return address.kind === "pipe" || address.port !== 0;
}

/** Every cluster that a listener names is there. */
function checkClusters(listener: ListenerConfig, clusters: readonly ClusterConfig[], context: ReadContext): void {
  for (const { networkFilter } of listChains(listener)) {
    if (networkFilter.kind === "http-connection-manager" && !networkFilter.validatesClusters) continue;
    for (const { name } of networkFilter.clusters)
      attempt(() => requireCluster(name, networkFilter.place, clusters, context));
  }
}

function requireCluster(cluster: string, place: Place, clusters: readonly ClusterConfig[], context: ReadContext): void {
  // One that is there and refused has been told.
  if (context.clusters?.includes(cluster)) return;
  const names = clusters.map(({ name }) => name);
  const meant = suggestName(cluster, names);
  const known = names.length === 0 ? "there are no clusters" : `known are ${names.join(", ")}`;
  refuse(place, `unknown cluster '${cluster}'`, meant === undefined ? known : `did you mean ${meant}?`);
}
