import {
  type DocumentNode,
  isDefault,
  isNull,
  noteWithoutEffect,
  reportRefusal,
  snakeCase,
} from "../../../wire/config-document/index.ts";
import type { ExtensionNames } from "./extension.ts";

export const CHANGES = "it changes or refuses what passes: leave it out";

/** An extension of Envoy's that changes nothing, as it stands here. */
export interface IdleExtension extends ExtensionNames {
  readonly reason: string;
  /** Fields with which it would change something. */
  readonly unless: readonly string[];
  /** Whether a route's own configuration, its `@type` taken out, makes it change something; where there is none, none does. */
  readonly isAwakenedBy?: (config: DocumentNode) => boolean;
}

const FAULTS = ["delay", "abort", "response_rate_limit"];
const RULES = ["rules", "matcher"];

/** HTTP filters that change nothing, some of them only while these fields are not set. */
export const IDLE_HTTP_FILTERS = {
  grpc_stats: idle("http", "grpc_stats", "FilterConfig", "statistics of gRPC", []),
  cors: {
    ...idle("http", "cors", "Cors", "it does something where a route has a policy: none here has one", []),
    isAwakenedBy: (policy) => !isNeverEnabled(findField(policy, "filter_enabled")),
  },
  fault: {
    ...idle("http", "fault", "HTTPFault", "without a fault to inject it does nothing", FAULTS),
    isAwakenedBy: (fault) => FAULTS.some((field) => findField(fault, field) !== undefined),
  },
  rbac: {
    ...idle("http", "rbac", "RBAC", "without rules it lets everything pass", RULES),
    isAwakenedBy: (route) => RULES.some((field) => findField(findField(route, "rbac"), field) !== undefined),
  },
  local_ratelimit: {
    ...idle("http", "local_ratelimit", "LocalRateLimit", "it is enabled for 0 % of the requests", ["filter_enabled"]),
    isAwakenedBy: (limit) => findField(limit, "filter_enabled") !== undefined,
  },
  set_metadata: idle("http", "set_metadata", "Config", "metadata, which nothing here reads", []),
  json_to_metadata: idle("http", "json_to_metadata", "JsonToMetadata", "metadata, which nothing here reads", []),
  on_demand: idle("http", "on_demand", "OnDemand", "control planes, of which there is none", []),
  alternate_protocols_cache: idle(
    "http",
    "alternate_protocols_cache",
    "FilterConfig",
    "HTTP/3, which is not spoken",
    [],
  ),
} as const satisfies Record<string, IdleExtension>;

/** Network filters that only count, or do nothing while these fields are not set. */
export const IDLE_NETWORK_FILTERS = {
  rbac: idle("network", "rbac", "RBAC", "without rules it lets everything pass", RULES),
  mysql_proxy: idle("network", "mysql_proxy", "MySQLProxy", "statistics of MySQL", ["downstream_ssl"]),
  postgres_proxy: idle("network", "postgres_proxy", "PostgresProxy", "statistics of Postgres", [
    "terminate_ssl",
    "upstream_ssl",
    "downstream_ssl",
  ]),
  mongo_proxy: idle("network", "mongo_proxy", "MongoProxy", "statistics of MongoDB", ["delay"]),
  zookeeper_proxy: idle("network", "zookeeper_proxy", "ZooKeeperProxy", "statistics of ZooKeeper", []),
} as const satisfies Record<string, IdleExtension>;

/** Notes that an extension changes nothing, and reports the fields with which it would. */
export function checkIdle(config: DocumentNode, extension: IdleExtension, name: string): void {
  for (const { key, keyPlace } of config.kind === "mapping" ? config.entries : []) {
    const field = snakeCase(key);
    if (extension.unless.includes(field)) reportRefusal(keyPlace, `${name}: ${field} is not supported`, CHANGES);
  }
  noteWithoutEffect("filter", name);
}

/** A `RuntimeFractionalPercent` of 0. */
function isNeverEnabled(fraction: DocumentNode | undefined): boolean {
  const numerator = findField(findField(fraction, "default_value"), "numerator");
  return fraction !== undefined && (numerator === undefined || isDefault(numerator));
}

function findField(node: DocumentNode | undefined, name: string): DocumentNode | undefined {
  if (node?.kind !== "mapping") return undefined;
  const value = node.entries.find(({ key }) => snakeCase(key) === name)?.value;
  return value !== undefined && isNull(value) ? undefined : value;
}

function idle(
  layer: "http" | "network",
  name: string,
  message: string,
  reason: string,
  unless: readonly string[],
): IdleExtension {
  const path = `${layer}.${name}`;
  // The third generation of some is an alpha; the second had each its own.
  const types = ["v3", "v3alpha"].map((version) => `envoy.extensions.filters.${path}.${version}.${message}`);
  const old = ["v2", "v2alpha", "v1alpha1"].map((version) => `envoy.config.filter.${path}.${version}.${message}`);
  // Before 1.14 they had the shorter name.
  const short = name === "local_ratelimit" ? "local_rate_limit" : name;
  return { names: [`envoy.filters.${path}`, `envoy.${short}`], types: [...types, ...old], reason, unless };
}
